import { closeSync, constants, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { BlockHashing } from '../bytes/block-hasher.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedTask, DigestTasks } from './digest-tasks.ts';
import { DigestThreads } from './digest-threads.ts';

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
 * @param threads the other threads, where they have been started; they are ended
 * @returns digests in the order of the blocks, one behind the other, in pieces of whole digests; the
 *   same bytes however many threads there are
 * @throws FormatError where the file ends before the blocks do
 */
export async function* digestFileBlocks(
  file: FileBlocks,
  hashing: BlockHashing,
  threads?: DigestThreads,
): AsyncGenerator<Uint8Array, void, undefined> {
  const descriptor = openSync(file.path, constants.O_RDONLY);
  try {
    const { path, offset, blocks } = file;
    const job = DigestTasks.jobOf({ path, descriptor, offset, blocks, hashing });
    const tasks = new DigestTasks(job);
    await using others = threads ?? new DigestThreads(threadsFor(tasks) - 1);
    yield* new DigestPool(tasks, others).digests();
  } finally {
    closeSync(descriptor);
  }
}

/** As many as there are cores, but none that would have nothing to do. */
function threadsFor({ count }: DigestTasks): number {
  return Math.min(count, availableParallelism());
}

/** The threads that share the tasks of a job, and what they have done of it. */
class DigestPool {
  readonly #tasks: DigestTasks;
  /** What is done and not yet passed on, by the number of the task. */
  readonly #done = new Map<number, Uint8Array>();
  readonly #failed = Promise.withResolvers<never>();
  #arrived = Promise.withResolvers<void>();
  #problem: unknown;

  constructor(tasks: DigestTasks, others: DigestThreads) {
    this.#tasks = tasks;
    this.#failed.promise.catch(() => undefined);
    others.failure.catch((error) => this.#fail(error));
    others.work(tasks.job, (message) => {
      this.#take(message);
    });
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

  /** Works until a task is done, be it here or by another thread. */
  async #complete(wanted: number): Promise<void> {
    while (!this.#done.has(wanted)) {
      const mine = this.#tasks.tryTake();
      if (mine !== undefined) this.#done.set(mine, this.#tasks.run(mine));
      // Lets what others have sent come in.
      if (mine !== undefined) await new Promise((resolve) => setImmediate(resolve));
      else await Promise.race([this.#arrived.promise, this.#failed.promise]);
      if (this.#problem !== undefined) throw this.#problem;
    }
  }

  #take(message: DigestedTask): void {
    if ('problem' in message) {
      this.#fail(new FormatError(message.problem));
      return;
    }
    this.#done.set(message.task, message.digests);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  #fail(problem: unknown): void {
    this.#problem ??= problem;
    this.#failed.reject(problem);
  }
}
