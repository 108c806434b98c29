import { availableParallelism, freemem } from 'node:os';
import { Admission, type Entrant } from '../harness/host/admission.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { BootSetting } from './setting.ts';

/** What QEMU takes besides the guest's memory; most of it is translated code. */
const QEMU_MIB = 400;

/** What the host keeps for itself. */
const HOST_MIB = 1024;

/**
 * Who may run a VM now. An emulated guest is given a core for each of its processors: two guests of two on two
 * cores wait for each other's locks. Boots of the reference image there, up to the end of the evidence:
 *
 * | processors, side by side | one boot | seconds of QEMU's processor time for it |
 * |---|---|---|
 * | 2, one | 20.7 s | 30 |
 * | 2, two | 24.3 s | 45 |
 * | 1, one | 24.5 s | 23 |
 * | 1, two | 13.3 s | 24 |
 */
export function admissionOf({ jobs }: Pick<BootSetting, 'jobs'>): Admission {
  const memoryMiB = Math.max(0, freemem() / (1 << 20) - HOST_MIB);
  return new Admission({ cores: availableParallelism(), memoryMiB }, jobs);
}

/** A boot that nobody has timed yet, and a run of the firmware alone. */
export const BOOT_SECONDS = 25;
export const FIRMWARE_SECONDS = 3;

/** What a VM of a machine takes of the host. */
export function shareOf({ vcpus, memoryMiB }: Machine, seconds = BOOT_SECONDS): Entrant {
  return { cores: vcpus, memoryMiB: memoryMiB + QEMU_MIB, seconds };
}
