import { guidBytes } from '../bytes/guid.ts';
import { driverImage } from './driver-image.ts';
import type { FirmwareFile } from './firmware-file.ts';
import { userInterfaceName } from './firmware-modules.ts';
import { readNamedVolume } from './named-volume.ts';
import type { OvmfBuild } from './ovmf-build.ts';

/** BdsDxe, the driver that the boot manager is in. */
const BDS = '6d33944a-ec75-4855-a54d-809c75241f6c';

/** Programs of the firmware that boot options lead to, by the GUID of their files. */
export const FIRMWARE_PROGRAMS = {
  setup: '462caa21-7614-4503-836e-8ab6f4662331',
  bootManagerMenu: 'eec25bdc-67f2-4d95-b1d5-f81b2039d11d',
  shell: '7c04a583-9e3e-4f1c-ad65-e05268d0b4d1',
  grub: 'b5ae312c-bc8a-43b1-9c62-ebb826dd5d07',
} as const;

/** Texts that the boot manager has in it, depending on its version and how it was built. */
const SHELL_TEXT = Buffer.from('EFI Internal Shell\0', 'utf16le');
const SETUP_TEXT = Buffer.from('EFI Firmware Setup\0', 'utf16le');
const RESTRICTED_TEXT = Buffer.from('No bootable option was found');

/** What an OVMF image says about the boot options that its boot manager makes. */
export type OvmfBootManager = {
  /** Name of the volume that the boot manager and the programs are in. */
  readonly volume: string;
  /** GUIDs of the files of that volume. */
  readonly files: ReadonlySet<string>;
  /** PcdBootManagerMenuFile, and what its option is called. */
  readonly menu: { readonly file: string; readonly description: string };
  /** Whether it gives the firmware's set-up an option of its own: since edk2-stable202505. */
  readonly hasSetupOption: boolean;
  /** PcdBootRestrictToFirmware: the AmdSev build boots nothing that is not in the firmware. */
  readonly restrictsToFirmware: boolean;
};

/**
 * Looks into OVMF's boot manager for what its boot options depend on.
 *
 * @param build the firmware
 * @returns `undefined` where it has no boot manager of OVMF's
 * @throws FormatError where the volume with the DXE drivers, or a file of it, is damaged
 * @see edk2, OvmfPkg/Library/PlatformBootManagerLib, MdeModulePkg/Universal/BdsDxe
 */
export function readOvmfBootManager({
  dxeVolume,
}: Pick<OvmfBuild, 'dxeVolume'>): OvmfBootManager | undefined {
  const { name: volume, files } = readNamedVolume(dxeVolume);
  const bds = files.find(({ name }) => name === BDS);
  if (volume === undefined || bds === undefined) return undefined;
  const image = driverImage(bds);
  const menu = bootManagerMenu(image, files);
  if (menu === undefined || !image.includes(SHELL_TEXT)) return undefined;
  return {
    volume,
    files: new Set(files.map(({ name }) => name)),
    menu,
    hasSetupOption: image.includes(SETUP_TEXT),
    restrictsToFirmware: image.includes(RESTRICTED_TEXT),
  };
}

/** The set-up program was the menu until the menu became a program of its own. */
function bootManagerMenu(image: Buffer, files: readonly FirmwareFile[]) {
  const { bootManagerMenu: own, setup } = FIRMWARE_PROGRAMS;
  const guid = [own, setup].find((candidate) => image.includes(Buffer.from(guidBytes(candidate))));
  const file = files.find(({ name }) => name === guid);
  return file && { file: file.name, description: userInterfaceName(file) ?? 'Boot Manager Menu' };
}
