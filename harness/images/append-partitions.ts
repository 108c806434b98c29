import { open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FormatError } from '../bytes/format-error.ts';
import { readGpt } from '../formats/gpt.ts';
import { openSource } from '../host/file-source.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** A partition to be added. */
export type NewPartition = {
  /** Its name in the partition table: no quotes. */
  readonly name: string;
  /** Path of the file that it holds. */
  readonly content: string;
};

/** Type of an encrypted partition of no other use, which no generator looks for. */
const LUKS = 'ca7d7ccb-63ed-4c53-861c-1742536059cc';

const MEBIBYTE = 1 << 20;
const SFDISK_MS = 30_000;

/** sfdisk takes what it is to add from its standard input alone. */
const SFDISK = 'exec sfdisk "$@" < partitions.sfdisk';

/**
 * Adds partitions behind the last one of a disk image, which grows by their size.
 *
 * @param disk path of the raw image that is changed
 * @throws FormatError where it has no partition table; InfraError where sfdisk fails
 */
export async function appendPartitions(
  disk: string,
  partitions: readonly NewPartition[],
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const directory = dirname(disk);
  const script = join(directory, 'partitions.sfdisk');
  const sfdisk = (args: readonly string[]) => {
    const command = toolCommand(tools, 'sh', ['-c', SFDISK, 'sfdisk', ...args], { directory });
    return runTool({ ...command, tool: 'sfdisk' }, { ...context, deadlineMs: SFDISK_MS });
  };
  const sizes = await Promise.all(partitions.map(({ content }) => mebibytesOf(content)));
  const lines = partitions.map(
    ({ name }, index) => `size=${sizes[index]}MiB, type=${LUKS}, name="${name}"\n`,
  );
  await writeFile(script, lines.join(''));
  // One more for the alignment of the first, and one for the table's copy behind the last.
  const added = sizes.reduce((total, size) => total + size, 2);
  await truncate(disk, ((await mebibytesOf(disk)) + added) * MEBIBYTE);
  await sfdisk(['--quiet', '--relocate', 'gpt-bak-std', disk]);
  await sfdisk(['--quiet', '--append', '--no-reread', '--no-tell-kernel', disk]);
  await rm(script);
  for (const { name, content } of partitions) await fill(disk, name, await readFile(content));
}

async function mebibytesOf(path: string): Promise<number> {
  return Math.ceil((await stat(path)).size / MEBIBYTE);
}

async function fill(disk: string, name: string, content: Uint8Array): Promise<void> {
  const offset = await offsetOf(disk, name);
  await using file = await open(disk, 'r+');
  await file.write(content, 0, content.length, offset);
}

async function offsetOf(disk: string, name: string): Promise<number> {
  using source = await openSource(disk);
  const found = readGpt(source).partitions.find((partition) => partition.name === name);
  if (found !== undefined) return found.offset;
  throw new FormatError({ file: disk, offset: 0, expected: `a partition ${name}`, found: 'none' });
}
