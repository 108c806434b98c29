import { readvSync } from 'node:fs';
import { BlockHasher, type BlockHashing, digestBlocks } from '../bytes/block-hasher.ts';
import { FormatError, type FormatProblem } from '../bytes/format-error.ts';

/** What every thread of a job is given. */
export type DigestJob = {
  /** Name of the file for error messages. */
  readonly path: string;
  /** The open file; threads of a process share descriptors. */
  readonly descriptor: number;
  /** Where the first block begins, in bytes from the start of the file. */
  readonly offset: number;
  readonly blocks: number;
  readonly hashing: BlockHashing;
  /** Shared: the next task that nobody has taken, and the next whose digests are to be passed on. */
  readonly progress: Int32Array<SharedArrayBuffer>;
};

/** What a thread sends: a task's digests, or why there are none. */
export type DigestedTask =
  | { readonly task: number; readonly digests: Uint8Array }
  | { readonly problem: FormatProblem };

const TAKEN = 0;
const PASSED = 1;

/** Bytes of a file that a thread hashes before it takes the next task. */
const TASK_BYTES = 4 << 20;

/** How many tasks may be ahead of the one that is to be passed on: what bounds the digests held. */
const AHEAD = 64;

/** A job as one thread sees it: tasks are taken in order, each by one thread. */
export class DigestTasks {
  readonly job: DigestJob;
  /** Number of tasks. */
  readonly count: number;
  readonly #blocksPerTask: number;
  readonly #hasher: BlockHasher;

  constructor(job: DigestJob) {
    this.job = job;
    this.#blocksPerTask = Math.max(1, Math.floor(TASK_BYTES / job.hashing.blockBytes));
    this.count = Math.ceil(job.blocks / this.#blocksPerTask);
    this.#hasher = new BlockHasher(job.hashing);
  }

  /** A job of which nothing is done. */
  static jobOf(job: Omit<DigestJob, 'progress'>): DigestJob {
    return { ...job, progress: new Int32Array(new SharedArrayBuffer(8)) };
  }

  /** The next task, or `undefined` where none is left or all are too far ahead. */
  tryTake(): number | undefined {
    const { progress } = this.job;
    const next = Atomics.load(progress, TAKEN);
    const limit = Math.min(this.count, Atomics.load(progress, PASSED) + AHEAD);
    if (next >= limit) return undefined;
    const taken = Atomics.compareExchange(progress, TAKEN, next, next + 1);
    return taken === next ? next : this.tryTake();
  }

  /** The next task, after a pause where all are too far ahead; `undefined` where none is left. */
  take(): number | undefined {
    const { progress } = this.job;
    for (;;) {
      const passed = Atomics.load(progress, PASSED);
      const task = this.tryTake();
      if (task !== undefined) return task;
      if (Atomics.load(progress, TAKEN) >= this.count) return undefined;
      Atomics.wait(progress, PASSED, passed);
    }
  }

  /** Says that the digests of a task have been passed on. */
  passed(task: number): void {
    const { progress } = this.job;
    Atomics.store(progress, PASSED, task + 1);
    Atomics.notify(progress, PASSED);
  }

  /**
   * Digests of a task's blocks, one behind the other.
   *
   * @throws FormatError where the file ends before
   */
  run(task: number): Uint8Array {
    const first = task * this.#blocksPerTask;
    const count = Math.min(this.#blocksPerTask, this.job.blocks - first);
    const read = (block: number, places: readonly Uint8Array[]) =>
      readBlocks(this.job, block, places);
    return Buffer.concat([...digestBlocks(this.#hasher, read, first, count)]);
  }
}

function readBlocks(job: DigestJob, first: number, places: readonly Uint8Array[]): void {
  const { path: file, descriptor, offset, hashing } = job;
  const start = offset + first * hashing.blockBytes;
  const expected = places.length * hashing.blockBytes;
  const read = readvSync(descriptor, places, start);
  if (read === expected) return;
  throw new FormatError({
    file,
    offset: start + read,
    expected: `${expected - read} bytes more`,
    found: 'a file that became shorter while it was read',
  });
}
