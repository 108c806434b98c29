import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc/PID/stat` tells about a process (proc_pid_stat(5)). */
export type ProcessEntry = {
  readonly pid: number;
  /** `R`, `S`, `D`, …; `Z` and `X` are dead. */
  readonly state: string;
  /** Process group. */
  readonly group: number;
  /** Clock ticks between the host's boot and the process's start: tells a pid's users apart. */
  readonly startTime: number;
  /** Clock ticks on a processor, user and system together. */
  readonly ownTicks: number;
  /** The same of its children that have ended and were waited for, and of theirs. */
  readonly endedTicks: number;
};

/** The process that has a pid now, or `undefined` where there is none. */
export function processEntry(pid: number): ProcessEntry | undefined {
  const stat = readProcess(pid, 'stat');
  if (stat === undefined) return undefined;
  // The command's name stands in parentheses and may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    group: Number(fields[2]),
    startTime: Number(fields[19]),
    ownTicks: Number(fields[11]) + Number(fields[12]),
    endedTicks: Number(fields[13]) + Number(fields[14]),
  };
}

/**
 * The living members of a process group. Zombies do not count: where pid 1 of a container reaps
 * nothing they stay for ever.
 */
export function livingGroup(group: number): readonly ProcessEntry[] {
  return everyPid()
    .map(processEntry)
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.group === group && !isDead(entry));
}

/**
 * The living processes that were started with an environment variable.
 *
 * @param entry `NAME=value`, as it stands in the environment
 */
export function processesWith(entry: string): readonly number[] {
  return everyPid().filter((pid) => readProcess(pid, 'environ')?.split('\0').includes(entry));
}

function isDead(entry: ProcessEntry): boolean {
  return entry.state === 'Z' || entry.state === 'X';
}

/** The pids of all processes. */
export function everyPid(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * A file of a process in `/proc`, a character for each byte. A process may end, or belong to somebody else,
 * between two looks: that is no error.
 */
export function readProcess(
  pid: number,
  file: 'stat' | 'environ' | 'cmdline' | 'comm',
): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
