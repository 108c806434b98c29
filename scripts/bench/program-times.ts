import { setTimeout as delay } from 'node:timers/promises';
import { type Process, processesOf } from '../chaos/traces.ts';
import { processorTime } from './processor-time.ts';

/** Between two looks at what the known processes have used: what one uses in its last moment is not seen. */
const LOOK_MS = 20;

/** Looks between two searches for processes that are new. */
const LOOKS_A_SEARCH = 10;

/**
 * Watches the processes of some programs that belong to a directory. To be called by a process that is not
 * measured: looking costs more than much of what a harness does.
 *
 * @param directory which their command line or environment names
 * @param programs names of the programs
 * @param over ends the watch
 * @returns processor time of all processes of each program, in seconds
 */
export async function timesOfPrograms(
  directory: string,
  programs: readonly string[],
  over: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  let known: readonly Process[] = [];
  const seconds = new Map<number, number>();
  for (let look = 0; !over.aborted; look++) {
    if (look % LOOKS_A_SEARCH === 0) {
      const found = processesOf(directory).filter(({ program }) => programs.includes(program));
      known = [...known, ...found.filter(({ pid }) => !seconds.has(pid))];
    }
    for (const { pid } of known) {
      seconds.set(pid, Math.max(seconds.get(pid) ?? 0, processorTime(pid).own));
    }
    await delay(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return sums(known.map(({ program, pid }) => [program, seconds.get(pid) ?? 0]));
}

function sums(parts: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const [name, part] of parts) total[name] = (total[name] ?? 0) + part;
  return total;
}
