import { availableParallelism, freemem } from 'node:os';
import { Admission, type Entrant } from '../harness/host/admission.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { BootSetting } from './setting.ts';

/** What QEMU takes besides the guest's memory; most of it is translated code. */
const QEMU_MIB = 400;

/** What the host keeps for itself. */
const HOST_MIB = 1024;

/**
 * Who may run a VM now. An emulated guest takes one core, however many processors it has: QEMU runs them in
 * turn, by one thread. Boots of the reference image on two cores, up to the end of the evidence:
 *
 * | processors, threads of QEMU for them | guests side by side | one boot | processor time for it |
 * |---|---|---|---|
 * | 2, 2 | one | 20.7 s | 30 s |
 * | 2, 2 | two | 24.3 s | 45 s |
 * | 2, 1 | two | 12.6 s | 25 s |
 * | 1, 1 | two | 13.3 s | 24 s |
 */
export function admissionOf({
  jobs,
  accelerator,
}: Pick<BootSetting, 'jobs' | 'accelerator'>): Admission {
  const memoryMiB = Math.max(0, freemem() / (1 << 20) - HOST_MIB);
  const cores = availableParallelism();
  return accelerator === 'tcg'
    ? new Admission({ cores: Number.POSITIVE_INFINITY, memoryMiB }, Math.min(jobs, cores))
    : new Admission({ cores, memoryMiB }, jobs);
}

/** A boot that nobody has timed yet, and a run of the firmware alone. */
export const BOOT_SECONDS = 25;
export const FIRMWARE_SECONDS = 3;

/** What a VM of a machine takes of the host. */
export function shareOf({ vcpus, memoryMiB }: Machine, seconds = BOOT_SECONDS): Entrant {
  return { cores: vcpus, memoryMiB: memoryMiB + QEMU_MIB, seconds };
}
