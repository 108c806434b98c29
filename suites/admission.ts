import { availableParallelism, freemem } from 'node:os';
import { Admission, type Entrant } from '../harness/host/admission.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { BootSetting } from './setting.ts';

/** What QEMU takes besides the guest's memory; most of it is translated code. */
const QEMU_MIB = 400;

/** What the host keeps for itself. */
const HOST_MIB = 1024;

/**
 * Who may run a VM now. An emulated guest keeps as many processors busy as it has: two guests of two on two
 * cores took as long side by side as one after the other (40.3 s and 39.9 s), two of one took two thirds.
 */
export function admissionOf({ jobs }: Pick<BootSetting, 'jobs'>): Admission {
  const memoryMiB = Math.max(0, freemem() / (1 << 20) - HOST_MIB);
  return new Admission({ cores: availableParallelism(), memoryMiB }, jobs);
}

/** What a VM of a machine takes of the host. */
export function shareOf({ vcpus, memoryMiB }: Machine): Entrant {
  return { cores: vcpus, memoryMiB: memoryMiB + QEMU_MIB };
}
