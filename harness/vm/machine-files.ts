import { resolve } from 'node:path';
import type { Machine } from '../machine/machine.ts';

/** The same machine with every path absolute, so that it means the same to every process. */
export function withAbsolutePaths(machine: Machine): Machine {
  return {
    ...machine,
    firmware: absoluteFirmware(machine.firmware),
    boot: absoluteBoot(machine.boot),
  };
}

function absoluteFirmware(firmware: Machine['firmware']): Machine['firmware'] {
  if (firmware.kind === 'bios') return { ...firmware, image: resolve(firmware.image) };
  return { ...firmware, code: resolve(firmware.code), vars: resolve(firmware.vars) };
}

function absoluteBoot(boot: Machine['boot']): Machine['boot'] {
  if (boot.kind === 'disk') return { ...boot, path: resolve(boot.path) };
  const { initrd, hashesTable, ...rest } = boot;
  return {
    ...rest,
    kernel: resolve(boot.kernel),
    ...(initrd !== undefined && { initrd: resolve(initrd) }),
    ...(hashesTable !== undefined && { hashesTable: resolve(hashesTable) }),
  };
}

/** The files that QEMU reads when it boots this machine; the variable store is copied before. */
export function filesToBoot({ firmware, boot }: Machine): readonly string[] {
  const booted = boot.kind === 'disk' ? [boot.path] : [boot.kernel, boot.initrd, boot.hashesTable];
  return [...filesOfFirmware(firmware), ...booted].filter((path) => path !== undefined);
}

/** All files that decide what this machine will measure. */
export function filesToPredict(machine: Machine): readonly string[] {
  const { firmware } = machine;
  return firmware.kind === 'bios' ? filesToBoot(machine) : [...filesToBoot(machine), firmware.vars];
}

/** The files that QEMU reads of the firmware. */
export function filesOfFirmware(firmware: Machine['firmware']): readonly string[] {
  return [firmware.kind === 'bios' ? firmware.image : firmware.code];
}
