import type { Machine } from '../machine/machine.ts';
import { type Accelerator, qemuArguments, type RunFiles } from './qemu-arguments.ts';

/** Names of files that say what each is for, as paths differ from run to run. */
const ROLES: RunFiles = {
  qmp: 'qmp',
  serial: 'serial',
  tpm: 'tpm',
  vars: 'vars',
  overlay: 'disk',
  hashTableAddress: 0,
};

/**
 * QEMU's arguments for a machine, with every file named for its part: the same wherever the files are
 * and whatever is in them.
 */
export function argumentsByRole(machine: Machine, accelerator: Accelerator): readonly string[] {
  return qemuArguments(machineByRole(machine), ROLES, accelerator);
}

/** The same machine, with every file named for its part. */
export function machineByRole(machine: Machine): Machine {
  const { firmware, boot } = machine;
  return {
    ...machine,
    firmware:
      firmware.kind === 'bios'
        ? { ...firmware, image: 'image' }
        : { ...firmware, code: 'code', vars: 'vars' },
    boot: boot.kind === 'disk' ? { ...boot, path: 'disk' } : kernelByRoles(boot),
  };
}

type KernelBoot = Extract<Machine['boot'], { readonly kind: 'kernel' }>;

function kernelByRoles({ kind, initrd, cmdline, hashesTable }: KernelBoot): KernelBoot {
  return {
    kind,
    kernel: 'kernel',
    ...(initrd !== undefined && { initrd: 'initrd' }),
    ...(cmdline !== undefined && { cmdline: 'cmdline' }),
    ...(hashesTable !== undefined && { hashesTable: 'hashes' }),
  };
}
