import { type LaunchFirmware, lacks } from './launch-firmware.ts';
import { makeVmsa, RESET_VECTOR, type Vmm } from './vmsa.ts';

/** The vCPUs of a guest. */
export type Vcpus = {
  /** How many: 1 to {@link MAX_VCPUS}. */
  readonly count: number;
  /** CPUID Fn0000_0001_EAX. */
  readonly signature: number;
};

/** More are taken for a mistake. */
export const MAX_VCPUS = 512;

/** A VMSA, for one vCPU or more. */
export type VcpuPage = { readonly vcpu: number; readonly vmsa: Uint8Array };

/**
 * The VMSAs of a guest that starts in firmware: the first vCPU at the reset vector, the others where
 * the firmware says.
 *
 * @param features SEV_FEATURES
 * @returns one for each vCPU, in the order in which they are measured; equal ones are one object
 * @throws FormatError where there are several vCPUs and the firmware does not say where they start
 */
export function vcpuPages(
  firmware: LaunchFirmware,
  vmm: Vmm,
  { count, signature }: Vcpus,
  features: bigint,
): readonly VcpuPage[] {
  const first = makeVmsa(vmm, { eip: RESET_VECTOR, signature, features });
  if (count === 1) return [{ vcpu: 0, vmsa: first }];
  const eip = firmware.sev.apResetEip;
  if (eip === undefined) {
    throw lacks(firmware, 'sevEsReset', `where the other ${count - 1} vCPUs start`);
  }
  const other = makeVmsa(vmm, { eip, signature, features });
  return Array.from({ length: count }, (_, vcpu) => ({ vcpu, vmsa: vcpu === 0 ? first : other }));
}
