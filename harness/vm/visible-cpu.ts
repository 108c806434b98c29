import { hostFacts } from '../host/host-facts.ts';
import type { Accelerator } from './qemu-arguments.ts';

/**
 * The host's processor, where the guest sees what it can do, as how many address bits it has: under KVM.
 *
 * @returns its model name; `undefined` where it is emulated
 */
export async function visibleCpu(accelerator: Accelerator): Promise<string | undefined> {
  return accelerator === 'kvm' ? (await hostFacts()).cpuModel : undefined;
}
