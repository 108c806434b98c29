import { poll } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { livingGroup, processEntry } from '../host/process-table.ts';
import type { Swtpm } from './swtpm.ts';

const POLL_MS = 1_000;

/** A process that is stopped for so long was not stopped for a moment by somebody who looks at it. */
const STOPPED_MS = 10_000;

/**
 * Waits until swtpm is seen to be stopped (SIGSTOP, SIGTSTP) for ten seconds. Nobody else would notice: QEMU
 * and the guest wait for its answer without an end.
 *
 * @param signal ends the wait, which then throws
 */
export async function stalledSwtpm({ child }: Swtpm, signal: AbortSignal): Promise<InfraError> {
  let stoppedFor = 0;
  // To look through all processes of the host each time was a tenth of what a run takes of the harness.
  const pids = livingGroup(child.pid).map(({ pid }) => pid);
  return await poll(
    () => {
      const isStopped = pids.some((pid) => processEntry(pid)?.state === 'T');
      stoppedFor = isStopped ? stoppedFor + POLL_MS : 0;
      if (stoppedFor < STOPPED_MS) return undefined;
      const problem = `is stopped by a signal, and has answered nothing for ${STOPPED_MS / 1000} s`;
      return new InfraError({ tool: 'swtpm', problem, argv: child.command.argv });
    },
    POLL_MS,
    signal,
  );
}
