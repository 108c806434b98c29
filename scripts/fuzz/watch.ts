import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { cameInTime, poll } from '../../harness/host/deadline.ts';
import { Board } from './board.ts';
import { type Fault, type Finding, faultKey } from './fault.ts';
import type { Job, Report } from './work.ts';

/** What one reader is given. */
export type Attack = Pick<Job, 'reader' | 'inputs'> & {
  /** The module that a thread runs: it calls `work` with its targets. */
  readonly worker: URL;
  readonly seed: number;
  /** Ends behind so many inputs or seconds, whichever comes first. */
  readonly runs: number;
  readonly seconds: number;
  /** An input that takes longer has no end; 10 s where left out. */
  readonly hangMs?: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Told of each fault once, at once. */
  readonly onFinding: (finding: Finding) => void;
};

/** What came of it. */
export type Figures = {
  readonly reader: string;
  readonly inputs: number;
  readonly seconds: number;
  readonly behaviours: number;
  readonly findings: number;
};

/** A busy machine gives a thread some of this time at least. */
const HANG_MS = 10_000;

/** How often the board is looked at. */
const LOOK_MS = 100;

/** Then there is enough to do. */
const MOST_FINDINGS = 20;

/** What the process may grow by while a worker runs: above the readers' own limit, and the pool's size. */
const GROWTH_BYTES = 512 << 20;

/** Of quick readers V8 lets more garbage gather than the process may grow by. */
const YOUNG = { maxYoungGenerationSizeMb: 16 };

/** V8 lets a thread go on in some loops though it was told to end. */
const END_MS = 10_000;

/** A thread that cannot be ended: what it did is saved, and only the process's end ends it. */
export class StuckThread extends Error {
  override readonly name = 'StuckThread';
}

/**
 * Fuzzes one reader in a thread of its own. A thread that hangs or runs out of memory is ended, its
 * input saved, and another one takes its place with another seed.
 *
 * @throws StuckThread where a thread cannot be ended, after its finding was told
 */
export async function attack(plan: Attack): Promise<Figures> {
  const watch = new Watch(plan);
  while (!watch.isOver) await watch.runWorker();
  return watch.figures;
}

class Watch {
  readonly #plan: Attack;
  readonly #startedAt = performance.now();
  readonly #keys = new Set<string>();
  #inputs = 0;
  #behaviours = 0;
  #workers = 0;

  constructor(plan: Attack) {
    this.#plan = plan;
  }

  get isOver(): boolean {
    const { runs, signal, inputs } = this.#plan;
    const isReplayed = inputs !== undefined && this.#workers > 0;
    return isReplayed || this.#isLate || signal.aborted || this.#inputs >= runs;
  }

  get figures(): Figures {
    const seconds = this.#seconds;
    const findings = this.#keys.size;
    const { reader } = this.#plan;
    return { reader, inputs: this.#inputs, seconds, behaviours: this.#behaviours, findings };
  }

  async runWorker(): Promise<void> {
    const board = new Board();
    const over = new AbortController();
    const worker = this.#start(board);
    const end = endOf(worker).finally(() => over.abort());
    const ended = await Promise.race([end, this.#guard(board, over.signal)]);
    if (ended !== undefined) this.#add({ fault: ended, input: board.input });
    await terminate(worker);
    await end;
    this.#inputs += board.inputs;
    this.#behaviours = Math.max(this.#behaviours, board.behaviours);
  }

  #start(board: Board): Worker {
    const { seed, runs, ...plan } = this.#plan;
    const job: Job = {
      reader: plan.reader,
      ...(plan.inputs ? { inputs: plan.inputs } : {}),
      seed: `${seed}.${this.#workers++}`,
      runs: runs - this.#inputs,
      memory: board.memory,
    };
    const worker = new Worker(plan.worker, { workerData: job, resourceLimits: YOUNG });
    worker.on('message', (report: Report) => this.#add(report));
    return worker;
  }

  /** Looks at the board until the worker is over: asks it to stop, and tells of hangs and of memory. */
  async #guard(board: Board, over: AbortSignal): Promise<Fault | undefined> {
    const { hangMs = HANG_MS, signal } = this.#plan;
    let last = { inputs: 0, at: performance.now() };
    const rssBefore = process.memoryUsage.rss();
    const look = (): Fault | undefined => {
      if (this.#isLate || signal.aborted) board.stop();
      const now = performance.now();
      // Before the first input the worker makes its corpus, which takes what it takes.
      const goesOn = board.inputs === 0 || board.inputs !== last.inputs;
      if (goesOn) last = { inputs: board.inputs, at: now };
      if (now - last.at >= hangMs) return { kind: 'hang', what: `no end after ${hangMs} ms` };
      const growth = process.memoryUsage.rss() - rssBefore;
      if (growth < GROWTH_BYTES) return undefined;
      return { kind: 'out of memory', what: `more than ${GROWTH_BYTES >> 20} MiB` };
    };
    return poll(look, LOOK_MS, over).catch(() => undefined);
  }

  #add({ fault, input }: Report): void {
    const key = faultKey(fault);
    if (this.#keys.has(key) || this.#keys.size === MOST_FINDINGS) return;
    this.#keys.add(key);
    this.#plan.onFinding({ reader: this.#plan.reader, fault, input });
  }

  get #seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get #isLate(): boolean {
    return this.#seconds >= this.#plan.seconds || this.#keys.size === MOST_FINDINGS;
  }
}

async function endOf(worker: Worker): Promise<undefined> {
  await once(worker, 'exit');
}

async function terminate(worker: Worker): Promise<void> {
  const wait = { name: 'the end of a thread', deadlineMs: END_MS };
  if (await cameInTime(wait, () => worker.terminate())) return;
  throw new StuckThread('a thread goes on though it was ended');
}
