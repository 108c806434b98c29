import type { Judgement } from './judgement.ts';

/** How a command of a guest ended. */
type Attempt = { readonly exitCode: number | null; readonly output: string };

/** What two boots of one image said of their TPMs. */
export type TwoTpms = {
  /** Digests of public keys, by what they are, of the first boot and of the second. */
  readonly keys: Readonly<Record<string, readonly [first: string, second: string]>>;
  /** PCRs as text. */
  readonly pcrs: readonly [first: string, second: string];
  /** File that shows it. */
  readonly file: string;
};

/** Judges whether two boots had nothing of their TPMs in common but what they measured. */
export function judgeFreshTpm({ keys, pcrs, file }: TwoTpms): readonly Judgement[] {
  const common = { witness: 'guest command', file } as const;
  const [first, second] = pcrs;
  const ofKeys = Object.entries(keys).map(([name, [one, other]]): Judgement => {
    const state = one === 'none' || other === 'none' ? 'vacuous' : one === other ? 'fail' : 'pass';
    const sentence =
      state === 'pass'
        ? `the ${name} of two boots differ`
        : `the ${name} of two boots does not differ`;
    return { ...common, state, sentence, expected: `not ${one}`, observed: other };
  });
  const isSame = first === second && first.includes('0x');
  const ofPcrs: Judgement = {
    ...common,
    state: isSame ? 'pass' : 'fail',
    sentence: isSame
      ? 'two boots of one image measured the same'
      : 'two boots of one image did not measure the same',
    expected: first,
    observed: second,
  };
  return [...ofKeys, ofPcrs];
}

/** Something that must be possible in one boot and impossible in another. */
export type TwoAttempts = {
  /** What is tried, e.g. `the object that boot 1 sealed`. */
  readonly what: string;
  /** The secret that it gives where it is possible. */
  readonly secret: string;
  /** What the TPM says where it is not. */
  readonly refusal: RegExp;
  /** The boot that it belongs to: the twin. */
  readonly own: Attempt;
  readonly other: Attempt;
  readonly file: string;
};

/** Judges whether what belongs to one boot's TPM is of use with it, and of none with another's. */
export function judgeUseOf({ what, secret, refusal, own, other, file }: TwoAttempts): Judgement {
  const common = {
    expected: `refused by the TPM: ${refusal.source}`,
    observed: `exit code ${other.exitCode}: ${other.output.trim()}`,
    witness: 'guest command',
    file,
  } as const;
  if (own.exitCode !== 0 || !own.output.includes(secret)) {
    const sentence = `${what} cannot be used in its own boot either`;
    return { ...common, state: 'vacuous', sentence };
  }
  const isRefused = other.exitCode !== 0 && refusal.test(other.output);
  return isRefused && !other.output.includes(secret)
    ? {
        ...common,
        state: 'pass',
        sentence: `${what} is of no use in another boot: its TPM refuses`,
      }
    : { ...common, state: 'fail', sentence: `${what} is not refused in another boot` };
}
