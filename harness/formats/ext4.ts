import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';

const SUPERBLOCK = 1024;
const SUPERBLOCK_BYTES = 1024;
const MAGIC = 0xef53;

const COMPAT_JOURNAL = 0x4;
const INCOMPAT = { journalDevice: 0x8, metaGroups: 0x10, extents: 0x40, bits64: 0x80 } as const;
/** What ext3 does not know: everything but file types, recovery, a journal device, and meta groups. */
const INCOMPAT_OF_EXT3 = 0x2 | 0x4 | INCOMPAT.metaGroups;
const RO_COMPAT_OF_EXT3 = 0x1 | 0x2 | 0x4;

/** What of an ext4 superblock is needed to find inodes, and says which file system it is. */
export type Ext4Layout = {
  /** As libblkid names it: ext2 and ext3 are older steps of the same format. */
  readonly type: 'ext2' | 'ext3' | 'ext4';
  readonly blockBytes: number;
  readonly inodes: number;
  readonly inodeBytes: number;
  readonly inodesPerGroup: number;
  /** Offset and size of the group descriptors, in bytes. */
  readonly groups: number;
  readonly groupBytes: number;
  readonly uuid: Uint8Array;
  /** The volume's name up to its first NUL, as it is stored. */
  readonly label: Uint8Array;
};

/**
 * Reads the superblock of an ext4, ext3 or ext2. Integers are little-endian.
 *
 * @param source the file system
 * @returns `undefined` where it is another file system, or none
 * @throws FormatError where the superblock says what cannot be, or group descriptors are spread
 * @see Linux, Documentation/filesystems/ext4/super.rst; util-linux, libblkid/src/superblocks/ext.c
 */
export function readExt4(source: ByteSource): Ext4Layout | undefined {
  if (source.size < SUPERBLOCK + SUPERBLOCK_BYTES) return undefined;
  const block = Buffer.from(source.read(SUPERBLOCK, SUPERBLOCK_BYTES));
  if (block.readUInt16LE(0x38) !== MAGIC) return undefined;
  const incompat = block.readUInt32LE(0x60);
  const logBlock = block.readUInt32LE(0x18);
  const firstBlock = block.readUInt32LE(0x14);
  const inodesPerGroup = block.readUInt32LE(0x28);
  const isDynamic = block.readUInt32LE(0x4c) >= 1;
  const inodeBytes = isDynamic ? block.readUInt16LE(0x58) : 128;
  const cursor = Cursor.over(source, SUPERBLOCK, SUPERBLOCK_BYTES, 'an ext4 superblock');
  if (logBlock > 6) throw cursor.errorAt(SUPERBLOCK + 0x18, 'blocks of 1 to 64 KiB', `${logBlock}`);
  if (inodesPerGroup === 0) throw cursor.errorAt(SUPERBLOCK + 0x28, 'inodes in a group', 'none');
  if (inodeBytes < 128) throw cursor.errorAt(SUPERBLOCK + 0x58, 'inodes of 128 bytes', 'less');
  if ((incompat & INCOMPAT.metaGroups) !== 0) {
    throw cursor.errorAt(SUPERBLOCK + 0x60, 'group descriptors in one place', 'meta block groups');
  }
  const blockBytes = 1024 << logBlock;
  const name = block.subarray(0x78, 0x88);
  const end = name.indexOf(0);
  return {
    type: typeOf(block, incompat),
    blockBytes,
    inodes: block.readUInt32LE(0x0),
    inodeBytes,
    inodesPerGroup,
    groups: (firstBlock + 1) * blockBytes,
    groupBytes: (incompat & INCOMPAT.bits64) === 0 ? 32 : Math.max(32, block.readUInt16LE(0xfe)),
    uuid: block.subarray(0x68, 0x78),
    label: end < 0 ? name : name.subarray(0, end),
  };
}

function typeOf(block: Buffer, incompat: number): Ext4Layout['type'] {
  const hasJournal = (block.readUInt32LE(0x5c) & COMPAT_JOURNAL) !== 0;
  const roCompat = block.readUInt32LE(0x64);
  const isNewer =
    (incompat & ~(INCOMPAT_OF_EXT3 | INCOMPAT.journalDevice)) !== 0 ||
    (roCompat & ~RO_COMPAT_OF_EXT3) !== 0;
  if (isNewer) return 'ext4';
  return hasJournal ? 'ext3' : 'ext2';
}
