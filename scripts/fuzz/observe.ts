import { getHeapStatistics } from 'node:v8';
import { FormatError } from '../../harness/bytes/format-error.ts';
import type { Fault } from './fault.ts';
import { behaviourOfError, behaviourOfValue, withoutNumbers } from './novelty.ts';
import type { FuzzTarget } from './target.ts';

/** What a hostile input may cost: time, and memory that is still held right after. */
const SLOW_MS = 1000;
const GROWTH_BYTES = 100 << 20;

/** What a reader did with an input. */
export type Observation = { readonly behaviour: string; readonly fault?: Fault };

/** Lines in which a line of the project is looked for; some stand in libraries. */
const STACK_LINES = 50;

/** Gives a reader an input, and judges what it does. */
export function observe(target: FuzzTarget, input: Uint8Array): Observation {
  Error.stackTraceLimit = 0;
  const heldBefore = heldBytes();
  const startedAt = performance.now();
  const { behaviour, fault } = run(target, input);
  const milliseconds = performance.now() - startedAt;
  if (fault !== undefined) return { behaviour, fault };
  const growth = heldBytes() - heldBefore;
  if (growth > GROWTH_BYTES) {
    return { behaviour, fault: { kind: 'memory', what: `${growth >> 20} MiB more are held` } };
  }
  if (milliseconds > SLOW_MS && cpuMilliseconds(() => run(target, input)) > SLOW_MS) {
    const what = `${Math.round(milliseconds)} ms for ${input.length} bytes`;
    return { behaviour, fault: { kind: 'slow', what } };
  }
  return { behaviour };
}

function run(target: FuzzTarget, input: Uint8Array): Observation {
  try {
    return { behaviour: behaviourOfValue(target.read(input)) };
  } catch (error) {
    if (error instanceof FormatError) return { behaviour: behaviourOfError(error) };
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      behaviour: `fault ${withoutNumbers(what)}`,
      fault: { kind: 'exception', what: what.slice(0, 200), where: placeOf(target, input) },
    };
  }
}

/** Stacks cost more than most readers do: only now is there one, and its first line of the project. */
function placeOf(target: FuzzTarget, input: Uint8Array): string {
  Error.stackTraceLimit = STACK_LINES;
  try {
    target.read(input);
    return '';
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    return /(?:harness|scripts)\/[^\s:()]+:\d+/.exec(stack)?.[0] ?? '';
  } finally {
    Error.stackTraceLimit = 0;
  }
}

function heldBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Processor time of this thread: another process that gets the processor is no fault. */
function cpuMilliseconds(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
