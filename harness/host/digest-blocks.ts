import { closeSync, constants, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BlockHashing } from '../bytes/block-hasher.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedTask, type DigestJob, DigestTasks } from './digest-tasks.ts';

/** Equal blocks of a file, one behind the other. */
export type FileBlocks = {
  readonly path: string;
  /** Where the first block begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Number of blocks. */
  readonly blocks: number;
};

/**
 * Hashes blocks of a file on all cores. This thread works too, so that a small file need not wait for
 * another thread to start.
 *
 * @param file which blocks
 * @param hashing algorithm, salt, and the size of a block in bytes
 * @param threads number of threads, this one included
 * @returns digests in the order of the blocks, one behind the other, in pieces of whole digests; the
 *   same bytes however many threads there are
 * @throws FormatError where the file ends before the blocks do
 */
export async function* digestFileBlocks(
  file: FileBlocks,
  hashing: BlockHashing,
  threads = availableParallelism(),
): AsyncGenerator<Uint8Array, void, undefined> {
  const descriptor = openSync(file.path, constants.O_RDONLY);
  try {
    const { path, offset, blocks } = file;
    const job = { path, descriptor, offset, blocks, hashing };
    await using pool = new DigestPool(job, threads);
    yield* pool.digests();
  } finally {
    closeSync(descriptor);
  }
}

/** The threads that share the tasks of a job, and what they have done of it. */
class DigestPool implements AsyncDisposable {
  readonly #tasks: DigestTasks;
  readonly #workers: readonly Worker[];
  /** What is done and not yet passed on, by the number of the task. */
  readonly #done = new Map<number, Uint8Array>();
  readonly #failed = Promise.withResolvers<never>();
  #arrived = Promise.withResolvers<void>();
  #problem: unknown;

  constructor(job: Omit<DigestJob, 'progress'>, threads: number) {
    this.#tasks = new DigestTasks(DigestTasks.jobOf(job));
    const workers = Math.min(threads, this.#tasks.count) - 1;
    this.#workers = Array.from({ length: Math.max(0, workers) }, () => this.#start());
    this.#failed.promise.catch(() => undefined);
  }

  async *digests(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = 0; next < this.#tasks.count; next++) {
      await this.#complete(next);
      const digests = this.#done.get(next);
      this.#done.delete(next);
      if (digests !== undefined) yield digests;
      this.#tasks.passed(next);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Works until a task is done, be it here or by another thread. */
  async #complete(wanted: number): Promise<void> {
    while (!this.#done.has(wanted)) {
      const mine = this.#tasks.tryTake();
      if (mine !== undefined) this.#done.set(mine, this.#tasks.run(mine));
      // Lets what others have sent come in.
      if (mine !== undefined) await setImmediate();
      else await Promise.race([this.#arrived.promise, this.#failed.promise]);
      if (this.#problem !== undefined) throw this.#problem;
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('digest-worker.ts', import.meta.url), {
      workerData: this.#tasks.job,
    });
    const fail = (problem: unknown) => {
      this.#problem ??= problem;
      this.#failed.reject(problem);
    };
    worker.on('error', fail);
    worker.on('message', (message: DigestedTask) => {
      if ('problem' in message) return fail(new FormatError(message.problem));
      this.#done.set(message.task, message.digests);
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
    return worker;
  }
}
