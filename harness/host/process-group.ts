import { cameInTime, poll } from './deadline.ts';
import { InfraError } from './errors.ts';
import { livingGroup, processEntry } from './process-table.ts';

/** The kernel tells nobody when a group is empty. */
const GROUP_POLL_MS = 10;

/** A process group, told apart from a later one that has the same number. */
export type ProcessGroup = {
  /** The group's leader; its pid is the group's number. */
  readonly pid: number;
  /** The leader's start time, in clock ticks since the host's boot. */
  readonly startTime: number;
};

/**
 * The group of a leader that was just started.
 *
 * @throws InfraError where `/proc` shows no such process
 */
export function groupLedBy(pid: number): ProcessGroup {
  const entry = processEntry(pid);
  if (entry !== undefined) return { pid, startTime: entry.startTime };
  throw new InfraError({ tool: '/proc', problem: `does not show process ${pid}` });
}

/**
 * Sends a signal to every process of a group.
 *
 * @returns `false` where the group has no member any more
 */
export function signalGroup(group: ProcessGroup, signal: NodeJS.Signals): boolean {
  if (isReplaced(group)) return false;
  try {
    return process.kill(-group.pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Waits until a group has no living member.
 *
 * @returns whether that came true before the deadline
 */
export function groupEnds(group: ProcessGroup, deadlineMs: number): Promise<boolean> {
  const ended = () => isReplaced(group) || livingGroup(group.pid).length === 0 || undefined;
  return cameInTime({ name: `end of process group ${group.pid}`, deadlineMs }, (signal) =>
    poll(ended, GROUP_POLL_MS, signal),
  );
}

/**
 * A group keeps its number while it has members, with or without its leader: only where the number
 * is the pid of a process that started at another time is the group gone.
 */
function isReplaced(group: ProcessGroup): boolean {
  const leader = processEntry(group.pid);
  return leader !== undefined && leader.startTime !== group.startTime;
}
