import { dirname, join } from 'node:path';
import type { ToolRun } from '../host/run-tool.ts';
import type { Tools } from '../host/tools.ts';
import { copyWithEspFiles } from './esp-files.ts';
import type { ImageKeys } from './image-keys.ts';
import { BOOT_FILE } from './replace-boot-file.ts';
import { signSystemdBoot } from './signed-systemd-boot.ts';

/** Where Debian's shim-signed keeps the shim that Microsoft signed. */
const SHIM = '/usr/lib/shim/shimx64.efi.signed';

/** What Debian's shim starts. */
const SECOND_STAGE = '/EFI/BOOT/grubx64.efi';

/** Where systemd-boot looks for UKIs. */
export const UKI_FOLDER = '/EFI/Linux';

/** What shim starts: the UKI, or systemd-boot and the UKI by way of it. */
export type SecondStage = 'uki' | 'systemd-boot';

/** A disk that boots by way of shim, to be made from another one. */
export type ShimDisk = {
  /** Path of the raw image that is copied. */
  readonly disk: string;
  /** Path of the UKI, signed with the key that shim is told to trust. */
  readonly uki: string;
  /** Path of a shim that Microsoft signed. */
  readonly shim: string;
  readonly secondStage: SecondStage;
  readonly keys: ImageKeys;
};

/** Path of the shim that Microsoft signed, where the tools have it: Debian's shim-signed. */
export function signedShim(tools: Tools): string {
  return tools.kind === 'toolbox' ? join(tools.root, SHIM) : SHIM;
}

/**
 * Makes a copy of a disk image that boots by way of shim.
 *
 * @param made what it is made from
 * @param copy path of the image to be made
 * @throws FormatError where the disk has no EFI system partition; InfraError where a tool fails
 */
export async function makeShimDisk(
  { disk, uki, shim, secondStage, keys }: ShimDisk,
  copy: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const bootFile = { from: shim, to: BOOT_FILE };
  if (secondStage === 'uki') {
    const files = [bootFile, { from: uki, to: SECOND_STAGE }];
    return copyWithEspFiles(disk, { files }, copy, tools, context);
  }
  const loader = join(dirname(copy), 'systemd-boot.efi');
  await signSystemdBoot(keys, loader, tools, context);
  const files = [
    bootFile,
    { from: loader, to: SECOND_STAGE },
    { from: uki, to: `${UKI_FOLDER}/uki.efi` },
  ];
  return copyWithEspFiles(disk, { folders: [UKI_FOLDER], files }, copy, tools, context);
}
