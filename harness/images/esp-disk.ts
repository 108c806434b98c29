import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const REPART_MS = 60_000;

/** Seed of the partition's and the disk's UUIDs, which are measured. */
const SEED = 'c0de0000-0000-4000-8000-0000000000e5';

/** Room for what a partition table takes, and for cylinders that nobody counts any more. */
const MORE_MIB = 4;

/**
 * Makes a disk that holds an EFI system partition and nothing else.
 *
 * @param files by their path from the root of the partition, e.g. `EFI/BOOT/BOOTX64.EFI`
 * @param sizeMiB size of the partition
 * @param disk absolute path of the raw image to be made; what it is made of is left beside it
 * @throws InfraError where systemd-repart fails
 */
export async function makeEspDisk(
  files: Readonly<Record<string, Uint8Array>>,
  sizeMiB: number,
  disk: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const tree = `${disk}.esp`;
  const definitions = `${disk}.repart`;
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(tree, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, bytes);
  }
  await mkdir(definitions, { recursive: true, mode: 0o700 });
  const size = `SizeMinBytes=${sizeMiB}M\nSizeMaxBytes=${sizeMiB}M\n`;
  const partition = `[Partition]\nType=esp\nFormat=vfat\n${size}CopyFiles=${tree}:/\n`;
  await writeFile(join(definitions, '10-esp.conf'), partition);
  const args = [
    ...['--empty=create', `--size=${sizeMiB + MORE_MIB}M`, '--offline=yes', '--dry-run=no'],
    ...['--sector-size=512', `--definitions=${definitions}`, `--seed=${SEED}`, disk],
  ];
  const access = { directory: dirname(disk) };
  const command = toolCommand(tools, 'systemd-repart', args, access);
  await runTool(command, { ...context, deadlineMs: REPART_MS });
}
