import { constants, copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FormatError } from '../bytes/format-error.ts';
import { readGpt } from '../formats/gpt.ts';
import { EFI_SYSTEM_PARTITION } from '../formats/gpt-partition.ts';
import { openSource } from '../host/file-source.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const COPY_MS = 60_000;

/** What is changed on an EFI system partition, with paths like `/EFI/BOOT/BOOTX64.EFI`. */
export type EspChanges = {
  /** Folders to be made, parents before their children; none of them is there. */
  readonly folders?: readonly string[];
  /** Files to be written, in this order; `from` is a path of the host. */
  readonly files: readonly { readonly from: string; readonly to: string }[];
};

/**
 * Makes a copy of a disk image with other files on its EFI system partition.
 *
 * @param disk path of the raw image that is copied
 * @param changes what differs
 * @param copy path of the image to be made
 * @throws FormatError where the disk has no EFI system partition; InfraError where mtools fail
 */
export async function copyWithEspFiles(
  disk: string,
  changes: EspChanges,
  copy: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  await copyFile(disk, copy, constants.COPYFILE_FICLONE);
  await writeEspFiles(copy, changes, tools, context);
}

/**
 * Writes files on the EFI system partition of a disk image.
 *
 * @param disk path of the raw image, which is changed
 * @throws FormatError where the disk has no EFI system partition; InfraError where mtools fail
 */
export async function writeEspFiles(
  disk: string,
  { folders = [], files }: EspChanges,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const image = `${disk}@@${await espOffset(disk)}`;
  const access = { readable: files.map(({ from }) => from), directory: dirname(disk) };
  const run = (tool: string, args: readonly string[]) =>
    runTool(toolCommand(tools, tool, args, access), { ...context, deadlineMs: COPY_MS });
  for (const folder of folders) await run('mmd', ['-i', image, `::${folder}`]);
  for (const { from, to } of files) await run('mcopy', ['-o', '-i', image, from, `::${to}`]);
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
