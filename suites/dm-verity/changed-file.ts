import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../harness/bytes/format-error.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import type { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import { erofsOwners } from '../../harness/images/erofs-owner.ts';
import type { FileSystemImage } from '../../harness/images/file-system-image.ts';
import type { ChangedFile, FileRead } from '../../harness/judge/judge-changed-file.ts';
import type { FlippableDisk } from '../../harness/vm/flippable-disk.ts';

/** The file that the reference image has for this: CoCo, filled up to a block of its own. */
const COCO = { path: '/coco', content: 'CoCo', changed: 'DoCo' } as const;

/** Size of the file, and of the file system's blocks. */
const BLOCK_BYTES = 4096;

/** Which bits make `DoCo` of `CoCo`: three, of one byte. A single one makes `BoCo`, `GoCo`, `SoCo` of it. */
export const COCO_BITS = COCO.content.charCodeAt(0) ^ COCO.changed.charCodeAt(0);

const COMMANDS = {
  read: `head -c ${COCO.content.length} ${COCO.path}`,
  drop: 'echo 3 > /proc/sys/vm/drop_caches',
  log: 'dmesg',
} as const;

/** Where a file lies, as is known before anything is changed. */
export type LocatedFile = {
  /** In bytes from the start of the data. */
  readonly offset: number;
  /** Number of the data block. */
  readonly block: number;
  /** Who has bytes in it. */
  readonly owners: readonly string[];
};

/**
 * Finds the block of {@link COCO}, and asks the locator whose it is.
 *
 * @param disk the whole disk
 * @param image its file system, for the tools that know it
 * @throws FormatError where the disk has no such block
 */
export async function locateCoco(
  disk: ByteSource,
  partitions: VerityPartitions,
  image: FileSystemImage,
): Promise<LocatedFile> {
  const { dataBlockBytes } = partitions.device.parameters;
  const offset = placeOfCoco(disk, partitions);
  const owners = await erofsOwners(image, { start: offset, end: offset + dataBlockBytes });
  return { offset, block: offset / dataBlockBytes, owners: owners ?? [] };
}

/**
 * Where the block of {@link COCO} begins, in bytes from the start of the data.
 *
 * @throws FormatError where the disk has no such block
 */
export function placeOfCoco(disk: ByteSource, { data, device }: VerityPartitions): number {
  const { dataBlockBytes, dataBlocks } = device.parameters;
  const wanted = Buffer.from(COCO.content.padEnd(BLOCK_BYTES));
  for (let offset = 0; offset < dataBlocks * dataBlockBytes; offset += BLOCK_BYTES) {
    if (wanted.compare(disk.read(data.offset + offset, BLOCK_BYTES)) === 0) return offset;
  }
  throw new FormatError({
    file: disk.name,
    offset: data.offset,
    expected: `a block with ${COCO.content}`,
    found: 'none',
  });
}

/** Where the evidence of {@link changeFile} lies. */
export const CHANGED_FILE_EVIDENCE = { reads: 'reads.json', kernelLog: 'dmesg.txt' } as const;

/**
 * Has the guest read the file, changes it on the disk, has it read again, undoes the change, and once more.
 *
 * @param offset where the data begin on the disk, in bytes
 * @param directory keeps what the guest said
 */
export async function changeFile(
  {
    ssh,
    disk,
    offset,
  }: { readonly ssh: GuestSsh; readonly disk: FlippableDisk; readonly offset: number },
  { block, owners, offset: place }: LocatedFile,
  directory: string,
  signal: AbortSignal,
): Promise<ChangedFile> {
  const flip = () => disk.flip(offset + place, COCO_BITS);
  const before = await readAnew(ssh, signal);
  const logged = await linesOf(ssh, signal);
  flip();
  const during = await readAnew(ssh, signal);
  const log = await linesOf(ssh, signal);
  flip();
  const after = await readAnew(ssh, signal);
  const kernelLog = log.slice(logged.length);
  const file = { ...COCO, block, owners, before, during, after, kernelLog };
  await writeFile(
    join(directory, CHANGED_FILE_EVIDENCE.reads),
    `${JSON.stringify(file, null, 1)}\n`,
  );
  await writeFile(join(directory, CHANGED_FILE_EVIDENCE.kernelLog), `${log.join('\n')}\n`);
  return file;
}

/** Reads from the disk, not from the guest's page cache. */
async function readAnew(ssh: GuestSsh, signal: AbortSignal): Promise<FileRead> {
  await ssh.run(COMMANDS.drop, signal);
  const { exitCode, stdout, stderr } = await ssh.run(COMMANDS.read, signal);
  return { exitCode, content: Buffer.from(stdout).toString('latin1'), error: stderr };
}

async function linesOf(ssh: GuestSsh, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await ssh.run(COMMANDS.log, signal);
  return Buffer.from(stdout).toString('utf8').trimEnd().split('\n');
}
