import type { Run } from '../bytes/run-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { joined } from './joined-runs.ts';

/** A source that notes where it is read while it is told to. */
export class TracedSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  #runs: Run[] | undefined;

  constructor(source: ByteSource) {
    this.name = source.name;
    this.size = source.size;
    this.#source = source;
  }

  read(offset: number, length: number): Uint8Array {
    this.#runs?.push({ offset, length });
    return this.#source.read(offset, length);
  }

  /**
   * Reads all of something, however it is put together.
   *
   * @param chunks what is read by way of this source
   * @returns where it lies on this source, in ascending order
   */
  placesOf(chunks: Iterable<Uint8Array>): readonly Run[] {
    const runs: Run[] = [];
    for (const _ of this.noting(chunks, runs));
    return joined(runs);
  }

  /**
   * Passes chunks on, and notes where they lie on this source when somebody takes them.
   *
   * @param chunks what is read by way of this source
   * @param runs where the places are added, in the order of reading
   */
  *noting(chunks: Iterable<Uint8Array>, runs: Run[]): Generator<Uint8Array, void, undefined> {
    this.#runs = runs;
    try {
      yield* chunks;
    } finally {
      this.#runs = undefined;
    }
  }
}
