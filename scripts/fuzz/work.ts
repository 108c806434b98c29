import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import { Board } from './board.ts';
import { corpusOf } from './corpus.ts';
import type { Fault } from './fault.ts';
import { observe } from './observe.ts';
import { Pool } from './pool.ts';
import type { FuzzTarget } from './target.ts';

/** What a worker is told. */
export type Job = {
  readonly reader: string;
  readonly seed: string;
  /** Inputs to give. */
  readonly runs: number;
  /** Given instead of made ones: to see a finding again. */
  readonly inputs?: readonly Uint8Array[];
  readonly memory: SharedArrayBuffer;
};

/** What a worker sends at once; the input stands beside it, as the next is on the board by then. */
export type Report = { readonly fault: Fault; readonly input: Uint8Array };

/**
 * What a worker does: gives one reader inputs until it has given enough, or is told to stop.
 *
 * @param targets those that the worker knows; its data, a {@link Job}, say which it is
 */
export function work(targets: readonly FuzzTarget[]): void {
  const { reader, seed, runs, inputs, memory }: Job = workerData;
  const board = new Board(memory);
  const target = targets.find(({ name }) => name === reader);
  if (target === undefined) throw new TypeError(`no target ${reader}`);
  const pool = new Pool(target, inputs ?? corpusOf(target), seededRandom(`${seed} ${reader}`));
  for (let done = 0; done < runs && !board.isStopped; done++) {
    const input = pool.next();
    board.begin(input, pool.behaviours);
    const { behaviour, fault } = observe(target, input);
    if (fault !== undefined) parentPort?.postMessage({ fault, input } satisfies Report);
    pool.learn(input, behaviour);
  }
}
