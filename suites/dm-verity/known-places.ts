import type { ByteSource } from '../../harness/bytes/source.ts';
import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { InfraError } from '../../harness/host/errors.ts';
import type { FileSystemImage } from '../../harness/images/file-system-image.ts';
import { locateCoco } from './changed-file.ts';

/** Places in the data of the reference image, in bytes from their start. */
export type KnownPlaces = {
  /** The file system's superblock, which its mount reads. */
  readonly superblock: number;
  /** The beginning of systemd, which the kernel reads to start it. */
  readonly init: number;
  /** The beginning of {@link UNREAD_FILE}. */
  readonly unread: number;
  /** The file /coco, so near to the beginning that udev reads it as it looks for a file system. */
  readonly coco: number;
};

/** Where an erofs has its superblock (Linux, fs/erofs/erofs_fs.h). */
const SUPERBLOCK = 1024;

/** A file that no boot reads. */
export const UNREAD_FILE = '/usr/bin/sha512sum';

const INIT = '/usr/lib/systemd/systemd';

/** Finds the places, with erofs-utils. */
export async function knownPlaces(
  disk: ByteSource,
  partitions: VerityPartitions,
  image: FileSystemImage,
): Promise<KnownPlaces> {
  const { offset: coco } = await locateCoco(disk, partitions, image);
  const [init, unread] = [await startOf(image, INIT), await startOf(image, UNREAD_FILE)];
  return { superblock: SUPERBLOCK, init, unread, coco };
}

async function startOf({ path, offset, ask }: FileSystemImage, file: string): Promise<number> {
  const text = await ask('dump.erofs', [`--offset=${offset}`, `--path=${file}`, '-e', path]);
  const start = /^\s*0:\s+0\.\.\s*\d+\s*\|\s*\d+\s*:\s*(\d+)\.\./m.exec(text)?.[1];
  if (start !== undefined) return Number(start);
  throw new InfraError({ tool: 'dump.erofs', problem: `does not say where ${file} lies` });
}
