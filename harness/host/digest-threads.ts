import { Worker } from 'node:worker_threads';
import type { DigestedTask, DigestJob } from './digest-tasks.ts';

/**
 * Threads that wait for blocks of a file to hash. To start one takes as long as to hash fifty megabytes,
 * so that it is worth while to do so before it is known how they are to be hashed. They keep no process
 * alive until they have a job.
 */
export class DigestThreads implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly #failure = Promise.withResolvers<never>();

  /** @param count number of threads, the one that starts them not included */
  constructor(count: number) {
    this.#failure.promise.catch(() => undefined); // seen by whom they work for
    this.#workers = Array.from({ length: Math.max(0, count) }, () => {
      const worker = new Worker(new URL('digest-worker.ts', import.meta.url));
      worker.on('error', this.#failure.reject);
      worker.unref();
      return worker;
    });
  }

  /** Never fulfilled; rejected where a thread broke. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /**
   * Has all threads work on a job, until none of its tasks is left.
   *
   * @param onMessage called with what a thread has done, or why it cannot
   */
  work(job: DigestJob, onMessage: (message: DigestedTask) => void): void {
    for (const worker of this.#workers) {
      worker.ref();
      worker.on('message', onMessage);
      worker.postMessage(job);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
