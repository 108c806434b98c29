import type { Run } from './run-source.ts';
import { type ByteSource, chunksOf } from './source.ts';

/** Bytes that are hashed as one: pieces of a file in order, and zeros behind them. */
export type HashedStream = {
  /** What the pieces hold, for error messages. */
  readonly what: string;
  readonly runs: readonly Run[];
  /** Number of zeros. */
  readonly zeros: number;
};

const ZEROS = new Uint8Array(1 << 16);

/**
 * The bytes of a stream.
 *
 * @param source the file
 * @returns pieces of at most 1 MiB, in order; zeros cost no memory
 * @throws FormatError where the file ends before
 */
export function* streamChunks(
  source: ByteSource,
  { what, runs, zeros }: HashedStream,
): Generator<Uint8Array, void, undefined> {
  for (const { offset, length } of runs) yield* chunksOf(source, offset, length, what);
  yield* zeroChunks(zeros);
}

/** Zeros in pieces, all of them the same bytes. */
export function* zeroChunks(count: number): Generator<Uint8Array, void, undefined> {
  for (let left = count; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
}
