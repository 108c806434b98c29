import { copyFile } from 'node:fs/promises';
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
