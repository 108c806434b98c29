import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** What PCR 4 and PCR 7 say of a boot, and which entry authorised it. */
export type BootAuthority = {
  /** E.g. `db: CN=…`; absent where it is none that is known. */
  readonly authority: string | undefined;
  /** SHA-256 values, lower-case hex. */
  readonly pcr4: string;
  readonly pcr7: string;
};

/** A boot as it was computed, and as it was. */
export type JudgedAuthority = {
  /** Begins a sentence. */
  readonly what: string;
  readonly predicted: BootAuthority;
  readonly observed: BootAuthority;
};

/** File of the run that shows what the TPM was sent. */
export type AuthorityFiles = { readonly extends: string };

/** Judges one boot against what was computed: authority, PCR 7 and PCR 4. */
export function judgeAuthority(
  { what, predicted, observed }: JudgedAuthority,
  files: AuthorityFiles,
): readonly Judgement[] {
  const same = (name: string, expected: string | undefined, seen: string | undefined) => ({
    state: expected !== undefined && expected === seen ? ('pass' as const) : ('fail' as const),
    sentence: printable(
      expected === seen ? `${what}: ${name} as computed` : `${what}: ${name} is another one`,
    ),
    expected: printable(expected ?? 'one that is known'),
    observed: printable(seen ?? 'none that is known'),
    witness: 'TPM command log' as const,
    file: files.extends,
  });
  return [
    same('the authority', predicted.authority, observed.authority),
    same('PCR 7', predicted.pcr7, observed.pcr7),
    same('PCR 4', predicted.pcr4, observed.pcr4),
  ];
}

/** What a PCR makes of two boots. */
export type PcrRelation = 'equal' | 'differs';

/** How two boots compare in a PCR. */
export function relationOf(one: string, other: string): PcrRelation {
  return one === other ? 'equal' : 'differs';
}

/**
 * Judges whether a PCR tells two boots apart, as it was seen.
 *
 * @param wanted what it is to say
 */
export function judgeRelation(
  pcr: 4 | 7,
  boots: readonly [JudgedAuthority, JudgedAuthority],
  wanted: PcrRelation,
  files: AuthorityFiles,
): Judgement {
  const [one, other] = boots;
  const value = ({ observed }: JudgedAuthority) => (pcr === 4 ? observed.pcr4 : observed.pcr7);
  const seen = relationOf(value(one), value(other));
  const words = seen === 'equal' ? 'is the same for' : 'tells apart';
  return {
    state: seen === wanted ? 'pass' : 'fail',
    sentence: printable(`PCR ${pcr} ${words} ${one.what} and ${other.what}`),
    expected: wanted === 'equal' ? value(one) : `another value than ${value(one)}`,
    observed: value(other),
    witness: 'TPM command log',
    file: files.extends,
  };
}
