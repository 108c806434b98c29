import { Cursor } from '../bytes/cursor.ts';
import type { Run } from '../bytes/run-source.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';

const SUPERBLOCK = 1024;
const MAGIC = 0xe0f5e1e2;
const SLOT_BYTES = 32;
const LAYOUT_PLAIN = 0;
const LAYOUT_INLINE = 2;

/** What of an erofs superblock is needed to find inodes, and says which file system it is. */
export type ErofsLayout = {
  readonly blockBytes: number;
  /** Where the inodes begin, in bytes. */
  readonly inodes: number;
  /** Number of the root folder's inode. */
  readonly root: number;
  readonly uuid: Uint8Array;
  /** The volume's name up to its first NUL, as it is stored. */
  readonly label: Uint8Array;
};

/**
 * Reads the superblock of an erofs. Integers are little-endian.
 *
 * @param source the file system
 * @returns `undefined` where it is another file system, or none
 * @throws FormatError where the superblock says what cannot be
 * @see Linux, fs/erofs/erofs_fs.h (struct erofs_super_block)
 */
export function readErofs(source: ByteSource): ErofsLayout | undefined {
  if (source.size < SUPERBLOCK + 128) return undefined;
  const cursor = Cursor.over(source, SUPERBLOCK, 128, 'an erofs superblock');
  if (cursor.u32('magic') !== MAGIC) return undefined;
  cursor.take(8, 'checksum and features');
  const { offset } = cursor;
  const blockBits = cursor.u8('block size');
  if (blockBits < 9 || blockBits > 16) {
    throw cursor.errorAt(offset, 'a block size of 2^9 to 2^16 bytes', `2^${blockBits}`);
  }
  cursor.take(1, 'number of extension slots');
  const root = cursor.u16('root inode');
  cursor.take(24, 'fields up to the inodes');
  const blockBytes = 2 ** blockBits;
  const inodes = cursor.u32('start of the inodes') * blockBytes;
  cursor.take(4, 'start of the extended attributes');
  const uuid = cursor.take(16, 'UUID');
  const name = cursor.take(16, 'volume name');
  const end = name.indexOf(0);
  return { blockBytes, inodes, root, uuid, label: end < 0 ? name : name.subarray(0, end) };
}

/** An inode: its type and permissions as in `st_mode`, its size in bytes, and where its data are. */
export type ErofsInode = {
  readonly mode: number;
  readonly size: number;
  /** Pieces in order; none for a compressed or chunk-based file, and for one without bytes. */
  readonly runs: readonly Run[];
};

/**
 * Where the bytes of a file lie that is stored as it is.
 *
 * @param nid number of the inode
 * @returns pieces in order, the last block of a file whole where it is not kept beside the inode; none
 *   for a compressed or chunk-based file
 * @throws FormatError where there is no such inode
 */
export function erofsFlatRuns(
  source: ByteSource,
  layout: ErofsLayout,
  nid: number,
): readonly Run[] {
  return readErofsInode(source, layout, nid).runs;
}

/**
 * Reads an inode. Integers are little-endian.
 *
 * @param nid number of the inode
 * @throws FormatError where there is no such inode
 * @see Linux, fs/erofs/erofs_fs.h (struct erofs_inode_compact, struct erofs_inode_extended)
 */
export function readErofsInode(
  source: ByteSource,
  { blockBytes, inodes }: Pick<ErofsLayout, 'blockBytes' | 'inodes'>,
  nid: number,
): ErofsInode {
  const start = inodes + nid * SLOT_BYTES;
  const cursor = new Cursor(
    source.name,
    readRange(source, start, SLOT_BYTES, `inode ${nid}`),
    'little',
    start,
  );
  const format = cursor.u16('format');
  const xattrs = cursor.u16('extended attributes');
  const mode = cursor.u16('mode');
  cursor.take(2, 'links');
  const isExtended = (format & 1) === 1;
  const size = isExtended ? cursor.size64('size') : cursor.u32('size');
  if (!isExtended) cursor.take(4, 'reserved bytes');
  const data = cursor.u32('first block') * blockBytes;
  const xattrBytes = xattrs === 0 ? 0 : 12 + 4 * (xattrs - 1);
  const tail = start + (isExtended ? 64 : 32) + xattrBytes;
  return { mode, size, runs: flatRuns((format >> 1) & 7, size, { data, tail, blockBytes }) };
}

/** Data are in blocks of their own, or their last block stands behind the inode. */
function flatRuns(
  layout: number,
  size: number,
  { data, tail, blockBytes }: { data: number; tail: number; blockBytes: number },
): readonly Run[] {
  if (layout === LAYOUT_PLAIN) {
    return [{ offset: data, length: Math.ceil(size / blockBytes) * blockBytes }];
  }
  if (layout !== LAYOUT_INLINE) return [];
  const whole = size - (size % blockBytes);
  return [
    { offset: data, length: whole },
    { offset: tail, length: size - whole },
  ];
}
