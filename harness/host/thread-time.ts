import { readFileSync } from 'node:fs';

/**
 * For how long a thread has run on a processor (Linux, Documentation/scheduler/sched-stats.rst).
 *
 * @param thread its id
 * @returns milliseconds; not a number where there is no such thread, or the kernel does not count
 */
export function threadTimeMs(thread: number): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/${thread}/schedstat`, 'latin1').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return Number.NaN;
  }
}
