import type { ByteSource } from '../bytes/source.ts';
import { type ByteRange, type FileSystemImage, MOST_OWNERS } from './file-system-image.ts';

/** The superblock, and its fields s_log_block_size and s_magic (Linux, fs/ext4/ext4.h). */
const SUPERBLOCK = 1024;
const LOG_BLOCK_SIZE = SUPERBLOCK + 24;
const MAGIC = SUPERBLOCK + 56;
const EXT_MAGIC = 0xef53;
const LARGEST_LOG = 6;

/**
 * Files of an ext2, ext3 or ext4 that have bytes in a range.
 *
 * @param range where, in bytes from the start of the file system
 * @returns absolute paths, at most {@link MOST_OWNERS}; `undefined` where it is another file system
 * @throws InfraError where a tool fails; EnvironmentError where there is none
 */
export async function ext4Owners(
  { volume, path, offset, ask }: FileSystemImage,
  { start, end }: ByteRange,
): Promise<readonly string[] | undefined> {
  const blockBytes = blockSizeOf(volume);
  if (blockBytes === undefined) return undefined;
  const debugfs = (request: string, numbers: readonly number[]) =>
    ask('debugfs', ['-R', `${request} ${numbers.join(' ')}`, `${path}?offset=${offset}`]);
  const first = Math.floor(start / blockBytes);
  const blocks = Array.from(
    { length: Math.ceil(end / blockBytes) - first },
    (_, index) => first + index,
  );
  const inodes = rows(await debugfs('icheck', blocks)).map(([, inode]) => Number(inode));
  const owners = [...new Set(inodes)].filter((inode) => inode > 0).slice(0, MOST_OWNERS);
  if (owners.length === 0) return [];
  return rows(await debugfs('ncheck', owners)).map(([, name = '']) => name.replace(/^\/+/, '/'));
}

function blockSizeOf(volume: ByteSource): number | undefined {
  if (volume.size < 2 * SUPERBLOCK) return undefined;
  const read = (at: number, length: number) => Buffer.from(volume.read(at, length));
  if (read(MAGIC, 2).readUInt16LE() !== EXT_MAGIC) return undefined;
  const log = read(LOG_BLOCK_SIZE, 4).readUInt32LE();
  return log > LARGEST_LOG ? undefined : 1024 << log;
}

/** Lines below the heading, as the two columns that they have. */
function rows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter(([number, value]) => /^[0-9]+$/.test(number ?? '') && value !== undefined);
}
