import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { FormatError, type FormatProblem } from '../bytes/format-error.ts';
import { type HashedStream, zeroChunks } from '../bytes/hashed-stream.ts';
import type { Run } from '../bytes/run-source.ts';

/** A digest that is to be computed. */
export type WantedDigest = { readonly stream: HashedStream; readonly algorithm: string };

/** What every thread of a job is given. */
export type StreamJob = {
  /** Name of the file for error messages. */
  readonly path: string;
  /** The open file; threads of a process share descriptors. */
  readonly descriptor: number;
  readonly wanted: readonly WantedDigest[];
  /** Shared: the next digest that nobody has taken. */
  readonly next: Int32Array<SharedArrayBuffer>;
};

/** What a thread sends at its end: digests by their place in the job, or why there are none. */
export type DigestedStreams =
  | { readonly digests: readonly (readonly [number, string])[] }
  | { readonly problem: FormatProblem };

/** What is read at once: few calls, and little enough to be hashed from the processor's cache. */
const READ_BYTES = 1 << 18;

/** A job as one thread sees it: digests are taken in order, each by one thread. */
export class StreamTasks {
  readonly job: StreamJob;
  readonly #room = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(job: StreamJob) {
    this.job = job;
  }

  /** A job of which nothing is done. */
  static jobOf(job: Omit<StreamJob, 'next'>): StreamJob {
    return { ...job, next: new Int32Array(new SharedArrayBuffer(4)) };
  }

  /**
   * Computes digests until none is left.
   *
   * @returns them by their place in the job, lower-case hex
   * @throws FormatError where the file ends before a stream does
   */
  runAll(): readonly (readonly [number, string])[] {
    const { next, wanted } = this.job;
    const digests: [number, string][] = [];
    for (;;) {
      const place = Atomics.add(next, 0, 1);
      const taken = wanted[place];
      if (taken === undefined) return digests;
      digests.push([place, this.#digest(taken)]);
    }
  }

  #digest({ algorithm, stream }: WantedDigest): string {
    const hash = createHash(algorithm);
    for (const run of stream.runs) {
      for (const chunk of this.#read(run)) hash.update(chunk);
    }
    for (const chunk of zeroChunks(stream.zeros)) hash.update(chunk);
    return hash.digest('hex');
  }

  /** The bytes of a piece; each chunk is overwritten by the next. */
  *#read({ offset, length }: Run): Generator<Uint8Array, void, undefined> {
    for (let done = 0; done < length; ) {
      const wanted = Math.min(READ_BYTES, length - done);
      const read = readSync(this.job.descriptor, this.#room, 0, wanted, offset + done);
      if (read === 0) throw tooShort(this.job.path, offset + done, length - done);
      yield this.#room.subarray(0, read);
      done += read;
    }
  }
}

function tooShort(file: string, offset: number, missing: number): FormatError {
  return new FormatError({
    file,
    offset,
    expected: `${missing} bytes more`,
    found: 'a file that became shorter while it was read',
  });
}
