import type { Judgement } from './judgement.ts';

/** What the variable services returned of one write: status codes (UEFI 2.11, appendix D). */
export type VariableAccess = {
  readonly before: bigint;
  readonly set: bigint;
  readonly after: bigint;
};

/** One start of a machine whose program writes variables. */
export type VariableLife = {
  readonly accesses: readonly VariableAccess[];
  /** SHA-256 digests that PCR 7 was extended with, lower-case hex. */
  readonly pcr7: readonly string[];
  /** What was computed of them from the store that the machine started with. */
  readonly expected7: readonly string[];
};

/** Two starts of one machine, the second after it was switched off. */
export type VariableLives = {
  /** Begins a sentence. */
  readonly what: string;
  readonly first: VariableLife;
  readonly second: VariableLife;
};

/** Names of files of the run that show what was observed. */
export type VariableLivesFiles = { readonly console: string; readonly extends: string };

const SUCCESS = 0n;
const NOT_FOUND = 0x8000_0000_0000_000en;

/** EFI_SUCCESS, and EFI_BUFFER_TOO_SMALL: the program has little room for values. */
const FOUND: readonly bigint[] = [SUCCESS, 0x8000_0000_0000_0005n];

/**
 * Judges that what a guest writes is gone when it starts again, and that PCR 7 is what it was.
 *
 * @param kept the same on a machine whose variables stay
 */
export function judgeForgetting(
  { what, first, second }: VariableLives,
  kept: VariableLives,
  files: VariableLivesFiles,
): readonly Judgement[] {
  const isGone = second.accesses.every(({ before }) => before === NOT_FOUND);
  const isSame = isAlike(first, second);
  return [
    judgeWritten(what, first, files),
    judgeKept(what, kept, files),
    {
      state: isGone && second.accesses.length > 0 ? 'pass' : 'fail',
      sentence: `${what}: ${isGone ? 'nothing of it is there at the second start' : 'it is there at the second start'}`,
      expected: 'not found',
      observed: words(second),
      witness: 'console',
      file: files.console,
    },
    {
      state: isSame && first.pcr7.length > 0 ? 'pass' : 'fail',
      sentence: `${what}: PCR 7 of the second start ${isSame ? 'is that of the first' : 'is another one'}`,
      expected: first.pcr7.join(', '),
      observed: second.pcr7.join(', '),
      witness: 'TPM command log',
      file: files.extends,
    },
  ];
}

function judgeWritten(what: string, first: VariableLife, files: VariableLivesFiles): Judgement {
  const isWritten = first.accesses.every(({ before, set, after }) => {
    return before === NOT_FOUND && set === SUCCESS && FOUND.includes(after);
  });
  return {
    state: isWritten && first.accesses.length > 0 ? 'pass' : 'vacuous',
    sentence: `${what}: ${isWritten ? 'the guest writes, and reads what it wrote' : 'the guest could not write'}`,
    expected: 'not found before; written; found afterwards',
    observed: words(first),
    witness: 'console',
    file: files.console,
  };
}

function judgeKept(
  what: string,
  { what: other, first, second }: VariableLives,
  files: VariableLivesFiles,
): Judgement {
  const isKept = second.accesses.every(({ before }) => FOUND.includes(before));
  const changes = !isAlike(first, second);
  const stays = isKept ? 'stays' : 'does not stay either';
  return {
    state: isKept && changes ? 'pass' : 'vacuous',
    sentence: `${what}: in ${other}, the same ${stays}${changes ? ', and PCR 7 is another one' : ''}`,
    expected: 'found at the second start, and another PCR 7',
    observed: words(second),
    witness: 'console',
    file: files.console,
  };
}

function isAlike(one: VariableLife, other: VariableLife): boolean {
  return one.pcr7.join() === other.pcr7.join();
}

/** Judges PCR 7 of each start against what was computed from the store that it started with. */
export function judgeLives(
  { what, first, second }: VariableLives,
  files: VariableLivesFiles,
): readonly Judgement[] {
  return [first, second].map(({ pcr7, expected7 }, index) => {
    const isSame = pcr7.join() === expected7.join();
    const start = index === 0 ? 'first' : 'second';
    return {
      state: isSame ? 'pass' : 'fail',
      sentence: `${what}: PCR 7 of the ${start} start ${isSame ? 'is as computed from its store' : 'is another one than computed'}`,
      expected: expected7.join(', '),
      observed: pcr7.join(', '),
      witness: 'TPM command log',
      file: files.extends,
    };
  });
}

/** A firmware image whose store the host has changed, beside the genuine one. */
export type ChangedStore = {
  readonly what: string;
  /** Launch digests of an SNP guest, SHA-384 in lower-case hex. */
  readonly genuine: string;
  readonly changed: string;
  /** The start from the changed image. */
  readonly life: VariableLife;
  /** Of the genuine one. */
  readonly usual: VariableLife;
};

/** Judges that a store which the host has changed moves the launch digest and PCR 7, as computed. */
export function judgeChangedStore(
  { what, genuine, changed, life, usual }: ChangedStore,
  files: VariableLivesFiles,
): readonly Judgement[] {
  const moves = genuine !== changed;
  const isAsComputed = life.pcr7.join() === life.expected7.join() && life.pcr7.length > 0;
  const tells = life.pcr7.join() !== usual.pcr7.join();
  return [
    {
      state: moves && tells ? 'pass' : 'fail',
      sentence: `${what}: the launch digest is ${moves ? 'another one' : 'the same'}, and PCR 7 is ${tells ? 'another one' : 'the same'}`,
      expected: `another launch digest than ${genuine}`,
      observed: changed,
      witness: 'host file',
      file: files.console,
    },
    {
      state: isAsComputed ? 'pass' : 'fail',
      sentence: `${what}: PCR 7 is ${isAsComputed ? 'as computed' : 'another one than computed'}`,
      expected: life.expected7.join(', '),
      observed: life.pcr7.join(', '),
      witness: 'TPM command log',
      file: files.extends,
    },
  ];
}

function words({ accesses }: VariableLife): string {
  return accesses.map(describe).join('; ') || 'nothing';
}

function describe({ before, set, after }: VariableAccess): string {
  const hex = (status: bigint) => `0x${status.toString(16)}`;
  return `${hex(before)} before, ${hex(set)} written, ${hex(after)} afterwards`;
}
