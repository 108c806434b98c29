import { InfraError } from '../host/errors.ts';
import { describeHalt } from './halt.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { WitnessTpm } from './witness-tpm.ts';

/**
 * Waits until a VM or its TPM has ended, which is too soon.
 *
 * @param before what was to come first, for the message, e.g. `it had measured its memory`
 * @throws InfraError always
 */
export async function lossOf(qemu: QemuProcess, tpm: WitnessTpm, before: string): Promise<never> {
  const lost = qemu.halted.then((reason) => {
    const problem = `${describeHalt(reason)} before ${before}`;
    return new InfraError({ tool: 'firmware', problem, lastLines: qemu.console.lastLines });
  });
  throw await Promise.race([lost, tpm.child.exit.then((exit) => tpm.child.failure(exit))]);
}
