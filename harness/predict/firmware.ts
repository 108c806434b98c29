import type { ByteSource } from '../bytes/source.ts';
import { readVariableStore, type VariableStore } from '../formats/efi-variable-store.ts';
import { type OvmfBuild, readOvmfBuild } from '../formats/ovmf-build.ts';
import type { Machine } from '../machine/machine.ts';

/** The firmware that a machine starts with. */
export type Firmware = {
  readonly build: OvmfBuild;
  /** The variables that it finds. */
  readonly store: VariableStore;
};

/**
 * Reads a machine's firmware and its variables.
 *
 * @param firmware the files of the machine description
 * @param open opens a file of the machine description
 * @throws FormatError where a file is damaged, or no OVMF
 */
export function readFirmware(
  firmware: Machine['firmware'],
  open: (path: string) => ByteSource,
): Firmware {
  const code = open(firmware.kind === 'bios' ? firmware.image : firmware.code);
  const vars = firmware.kind === 'bios' ? code : open(firmware.vars);
  return { build: readOvmfBuild(code), store: readVariableStore(vars) };
}
