import type { ToolRun } from '../host/run-tool.ts';
import type { Tools } from '../host/tools.ts';
import { copyWithEspFiles } from './esp-files.ts';

/** What the firmware starts from a disk without boot entries (UEFI 2.11, 3.5.1.1). */
export const BOOT_FILE = '/EFI/BOOT/BOOTX64.EFI';

/**
 * Makes a copy of a disk image whose boot file is another one.
 *
 * @param disk path of the raw image that is copied
 * @param uki path of the new boot file
 * @param copy path of the image to be made
 * @throws FormatError where the disk has no EFI system partition; InfraError where mtools fail
 */
export async function replaceBootFile(
  disk: string,
  uki: string,
  copy: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const files = [{ from: uki, to: BOOT_FILE }];
  await copyWithEspFiles(disk, { files }, copy, tools, context);
}
