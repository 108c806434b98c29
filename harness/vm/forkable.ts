import { EnvironmentError } from '../host/errors.ts';
import type { Machine } from '../machine/machine.ts';

/**
 * Makes sure that a machine's VMs can be written down and gone on with. The memory of a confidential
 * guest is encrypted with a key that never leaves its processor.
 *
 * @throws EnvironmentError where they cannot
 */
export function requireForkable(machine: Machine): void {
  if (machine.sev === undefined) return;
  throw new EnvironmentError({
    missing: `${machine.name} is a confidential guest, whose memory the host cannot write down: it cannot be forked`,
    remedy: 'boot it each time',
  });
}
