import { constants, copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FormatError } from '../bytes/format-error.ts';
import { readGpt } from '../formats/gpt.ts';
import { EFI_SYSTEM_PARTITION } from '../formats/gpt-partition.ts';
import { openSource } from '../host/file-source.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** What the firmware starts from a disk without boot entries (UEFI 2.11, 3.5.1.1). */
const BOOT_FILE = '::/EFI/BOOT/BOOTX64.EFI';

const COPY_MS = 60_000;

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
  const offset = await espOffset(disk);
  await copyFile(disk, copy, constants.COPYFILE_FICLONE);
  const args = ['-o', '-i', `${copy}@@${offset}`, uki, BOOT_FILE];
  const access = { readable: [uki], directory: dirname(copy) };
  const command = toolCommand(tools, 'mcopy', args, access);
  await runTool(command, { ...context, deadlineMs: COPY_MS });
}

async function espOffset(disk: string): Promise<number> {
  using source = await openSource(disk);
  const { partitions, sectorBytes } = readGpt(source);
  const esp = partitions.find((partition) => partition.type === EFI_SYSTEM_PARTITION);
  if (esp !== undefined) return esp.offset;
  throw new FormatError({
    file: disk,
    offset: sectorBytes,
    expected: 'a partition table with an EFI system partition',
    found: `${partitions.length} partitions of other types`,
  });
}
