import { processEntry } from '../../harness/host/process-table.ts';

/** Clock ticks of a second (`USER_HZ`). */
const TICKS = 100;

/** What a process has used, in seconds of a processor, user and system together. */
export type ProcessorTime = {
  readonly own: number;
  /** Of its children that have ended and were waited for, and of theirs. */
  readonly ended: number;
};

/**
 * What a process has used up to now.
 *
 * @returns zeros where it has just ended
 */
export function processorTime(pid: number): ProcessorTime {
  const { ownTicks = 0, endedTicks = 0 } = processEntry(pid) ?? {};
  return { own: ownTicks / TICKS, ended: endedTicks / TICKS };
}
