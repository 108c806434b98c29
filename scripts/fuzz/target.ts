import type { Random } from '../../harness/bytes/seeded-random.ts';
/** A reader under attack: where its inputs come from, and how it is called. */
export type FuzzTarget = {
  /** What `--reader` takes. */
  readonly name: string;
  /** Names of the exported functions that a call reaches; a test holds them against the rooms. */
  readonly covers: readonly string[];
  /** Sound inputs made here, so that there is something to change without fixtures too. */
  readonly made: () => readonly Uint8Array[];
  /** Recorded inputs: files below `../shared/fixtures`. */
  readonly fixtures?: readonly string[];
  /** Magic numbers, GUIDs and words that an input may hold. */
  readonly words?: readonly Uint8Array[];
  /** Makes checksums right again in place, as else nothing behind them would be reached. */
  readonly repair?: (bytes: Uint8Array) => void;
  /** Changes that know the format, besides those that every input gets. */
  readonly mutations?: readonly Mutation[];
  /** Size of the largest input in bytes; {@link USUAL_BYTES} where left out. */
  readonly maxBytes?: number;
  /** Reads an input to its end: also what the reader gives lazily. */
  readonly read: (bytes: Uint8Array) => unknown;
};

/** What a hostile file of a usual size may have. */
export const USUAL_BYTES = 64 << 10;

/** A change of an input; it may change the bytes that it is given, and give them back. */
export type Mutation = (bytes: Uint8Array, mutant: Mutant) => Uint8Array;

/** What a mutation draws on. */
export type Mutant = {
  readonly random: Random;
  /** Another input, to take pieces from. */
  readonly other: Uint8Array;
  readonly words: readonly Uint8Array[];
  readonly maxBytes: number;
};
