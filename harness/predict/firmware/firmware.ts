import type { ByteSource } from '../../bytes/source.ts';
import { readVariableStore, type VariableStore } from '../../formats/efi-variable-store.ts';
import { readFirmwareVolumeHeader } from '../../formats/firmware-volume-header.ts';
import { type OvmfBuild, readOvmfBuild } from '../../formats/ovmf-build.ts';
import type { Machine } from '../../machine/machine.ts';

/** gEfiSystemNvDataFvGuid: the file system of a volume that holds variables. */
const NV_DATA = 'fff12b8d-7696-4c8b-a985-2747075b4f50';

/** What a machine without a variable of its own starts with. */
const EMPTY_STORE: VariableStore = { authenticated: true, variables: [] };

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
export function readMachineFirmware(
  firmware: Machine['firmware'],
  open: (path: string) => ByteSource,
): Firmware {
  return firmware.kind === 'bios'
    ? readFirmware(open(firmware.image), undefined)
    : readFirmware(open(firmware.code), open(firmware.vars));
}

/**
 * Reads a firmware and its variables.
 *
 * @param code the firmware's code, or a whole image that starts with its variable store
 * @param vars the variable store; where it is left out, the one that the image starts with, or else
 *   an empty one
 * @throws FormatError where a file is damaged, or no OVMF
 */
export function readFirmware(code: ByteSource, vars: ByteSource | undefined): Firmware {
  return { build: readOvmfBuild(code), store: vars ? readVariableStore(vars) : ownStore(code) };
}

function ownStore(code: ByteSource): VariableStore {
  const { fileSystem } = readFirmwareVolumeHeader(code, 0);
  return fileSystem === NV_DATA ? readVariableStore(code) : EMPTY_STORE;
}
