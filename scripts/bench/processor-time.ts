import { readFileSync } from 'node:fs';

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
 * @param pid its number, or `self`
 *
 * @returns zeros where it has just ended
 * @see proc_pid_stat(5): utime, stime, cutime, cstime
 */
export function processorTime(pid: string): ProcessorTime {
  const stat = statOf(pid);
  // The command's name stands in parentheses and may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / TICKS, ended: (endedUser + endedSystem) / TICKS };
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}
