import { copyFile, stat } from 'node:fs/promises';
import { needingSpace } from '../host/disk-space.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import type { Machine } from '../machine/machine.ts';

/**
 * Copies the machine's variable store, so that what one VM writes no other sees.
 *
 * @returns path of the copy; `undefined` where the firmware keeps its variables in itself
 * @throws EnvironmentError where there is no space for it
 */
export async function copyVariableStore(
  { firmware }: Machine,
  directory: RunDirectory,
): Promise<string | undefined> {
  if (firmware.kind === 'bios') return undefined;
  const copy = directory.file('vars.fd');
  await needingSpace(directory.path, copyFile(firmware.vars, copy));
  return copy;
}

/** Where flash with variables is: guest physical address of its first byte, and its size in bytes. */
export type StoreInFlash = { readonly address: number; readonly size: number };

/** Flash ends with the first 4 GiB: the code there, and the variables right beneath it. */
const FLASH_END = 2 ** 32;

/**
 * Where a machine has its variable store in flash.
 *
 * @param machine with absolute paths
 * @see QEMU, hw/i386/pc_sysfw.c (pc_system_flash_map)
 */
export async function storeInFlash({ firmware }: Machine): Promise<StoreInFlash> {
  if (firmware.kind === 'bios') throw new TypeError('the firmware keeps its variables in itself');
  const [code, vars] = await Promise.all([stat(firmware.code), stat(firmware.vars)]);
  return { address: FLASH_END - code.size - vars.size, size: vars.size };
}
