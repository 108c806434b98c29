import { setTimeout as delay } from 'node:timers/promises';
import { everyPid, readProcess } from '../../harness/host/process-table.ts';
import { processorTime } from './processor-time.ts';

/** Between two looks at what the known processes have used: what one uses in its last moment is not seen. */
const LOOK_MS = 20;

/** Looks between two searches for processes that are new. */
const LOOKS_A_SEARCH = 2;

/** The kernel keeps so much of a program's name (proc_pid_comm(5)). */
const NAME_LENGTH = 15;

/**
 * Watches the processes of some programs that belong to a directory. To be called by a process that is not
 * measured: looking costs more than much of what a harness does.
 *
 * @param directory which their command line names
 * @param programs names of the programs
 * @param over ends the watch
 * @returns processor time of all processes of each program, in seconds
 */
export async function timesOfPrograms(
  directory: string,
  programs: readonly string[],
  over: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const found = new Map<number, string>();
  const seconds = new Map<number, number>();
  for (let look = 0; !over.aborted; look++) {
    if (look % LOOKS_A_SEARCH === 0) {
      for (const [pid, program] of processesOf(directory, programs)) found.set(pid, program);
    }
    for (const pid of found.keys()) {
      seconds.set(pid, Math.max(seconds.get(pid) ?? 0, processorTime(pid).own));
    }
    await delay(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return sums([...found].map(([pid, program]) => [program, seconds.get(pid) ?? 0]));
}

/** The living processes, by their pids; names first, as most processes are something else. */
function processesOf(
  directory: string,
  programs: readonly string[],
): readonly (readonly [pid: number, program: string])[] {
  return everyPid().flatMap((pid) => {
    const name = readProcess(pid, 'comm')?.trimEnd();
    const program = programs.find((one) => one.slice(0, NAME_LENGTH) === name);
    if (program === undefined || !readProcess(pid, 'cmdline')?.includes(directory)) return [];
    return [[pid, program] as const];
  });
}

function sums(parts: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const [name, part] of parts) total[name] = (total[name] ?? 0) + part;
  return total;
}
