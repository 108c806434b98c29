import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type Run, runSource } from '../bytes/run-source.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { Ext4Layout } from './ext4.ts';
import type { FileContent, TreeNode } from './file-tree.ts';
import { type Inode, inodeTree } from './inode-tree.ts';

const ROOT_INODE = 2;

/** Flags of an inode. */
const ENCRYPTED = 0x800;
const EXTENTS = 0x80000;
const INLINE_DATA = 0x10000000;

const EXTENT_MAGIC = 0xf30a;
const EXTENT_BYTES = 12;
const MAX_DEPTH = 5;
/** Blocks of extents that one file may have; keeps blocks that name each other from costing much. */
const MAX_EXTENT_BLOCKS = 4096;
/** An extent of more blocks is one whose blocks are not written yet. */
const MAX_WRITTEN = 32768;

/** A link of less than this many bytes stands in the inode. */
const BLOCK_MAP_BYTES = 60;

const MAX_FOLDER_BYTES = 64 << 20;

/**
 * The files of an ext4. Those that are encrypted, have holes, or stand in their inode are not read,
 * nor those of ext2 and ext3, which have no extents.
 *
 * @param source the file system
 * @param layout its superblock
 * @throws FormatError where the root folder is damaged
 * @see Linux, Documentation/filesystems/ext4/{inodes,ifork,directory}.rst
 */
export function ext4Tree(source: ByteSource, layout: Ext4Layout): TreeNode {
  const volume = { source, layout };
  const inodes = {
    name: source.name,
    inodeAt: (number: number) => readInode(volume, number),
    contentOf: (inode: Ext4Inode) => contentOf(volume, inode),
    targetIn: shortTargetOf,
    entriesOf: (folder: ByteSource) => readFolder(folder, layout),
    mostFolderBytes: MAX_FOLDER_BYTES,
    stored: 'in extents',
  };
  return inodeTree(inodes, ROOT_INODE);
}

type Volume = { readonly source: ByteSource; readonly layout: Ext4Layout };

type Ext4Inode = Inode & {
  readonly number: number;
  readonly flags: number;
  /** The root of the tree of extents, or a short link's target. */
  readonly map: Uint8Array;
};

function readInode({ source, layout }: Volume, number: number): Ext4Inode {
  const { inodes, inodesPerGroup, groups, groupBytes, blockBytes, inodeBytes } = layout;
  if (number < 1 || number > inodes) {
    throw new FormatError({
      file: source.name,
      offset: groups,
      expected: `an inode from 1 to ${inodes}`,
      found: `inode ${number}`,
    });
  }
  const group = groups + Math.floor((number - 1) / inodesPerGroup) * groupBytes;
  const descriptor = Buffer.from(readRange(source, group, groupBytes, 'a group descriptor'));
  const high = groupBytes >= 64 ? descriptor.readUInt32LE(0x28) : 0;
  const table = (high * 2 ** 32 + descriptor.readUInt32LE(0x8)) * blockBytes;
  const offset = table + ((number - 1) % inodesPerGroup) * inodeBytes;
  const bytes = Buffer.from(readRange(source, offset, 128, `inode ${number}`));
  return {
    number,
    offset,
    mode: bytes.readUInt16LE(0x0),
    flags: bytes.readUInt32LE(0x20),
    size: bytes.readUInt32LE(0x6c) * 2 ** 32 + bytes.readUInt32LE(0x4),
    map: bytes.subarray(0x28, 0x28 + BLOCK_MAP_BYTES),
  };
}

function contentOf(volume: Volume, inode: Ext4Inode): FileContent {
  const { source, layout } = volume;
  const { flags, size } = inode;
  if ((flags & ENCRYPTED) !== 0) return { unread: 'it is encrypted' };
  if ((flags & INLINE_DATA) !== 0) return { unread: 'it stands in its inode' };
  if ((flags & EXTENTS) === 0) return { unread: 'it has no extents' };
  const extents = readExtents(volume, inode.map, inode.offset + 0x28, {
    depth: MAX_DEPTH,
    budget: { blocks: MAX_EXTENT_BLOCKS },
  });
  const runs: Run[] = [];
  let next = 0;
  for (const { block, length, start } of extents) {
    if (block !== next) return { unread: 'it has holes' };
    runs.push({ offset: start * layout.blockBytes, length: length * layout.blockBytes });
    next = block + length;
  }
  if (next * layout.blockBytes < size) return { unread: 'it has holes' };
  return runSource(source, runs, size, `${source.name}, inode ${inode.number}`);
}

type Extent = { readonly block: number; readonly length: number; readonly start: number };

function readExtents(
  volume: Volume,
  node: Uint8Array,
  base: number,
  limit: { readonly depth: number; readonly budget: { blocks: number } },
): readonly Extent[] {
  const { source, layout } = volume;
  const cursor = new Cursor(source.name, node, 'little', base);
  const magic = cursor.u16('magic of extents');
  if (magic !== EXTENT_MAGIC) {
    throw cursor.errorAt(base, `0x${EXTENT_MAGIC.toString(16)}`, `0x${magic.toString(16)}`);
  }
  const count = cursor.u16('number of extents');
  cursor.take(2, 'room for extents');
  const depth = cursor.u16('depth of extents');
  limit.budget.blocks -= 1;
  if (depth > limit.depth || limit.budget.blocks < 0) {
    throw cursor.errorAt(base + 6, 'extents of a file', `extents of depth ${depth}`);
  }
  cursor.take(4, 'generation');
  const entries = Array.from({ length: count }, () => cursor.sub(EXTENT_BYTES, 'an extent'));
  if (depth === 0) return entries.map(readExtent).filter(({ length }) => length <= MAX_WRITTEN);
  return entries.flatMap((entry) => {
    entry.take(4, 'first block');
    const low = entry.u32('place');
    const offset = (entry.u16('place') * 2 ** 32 + low) * layout.blockBytes;
    const block = readRange(source, offset, layout.blockBytes, 'extents');
    return readExtents(volume, block, offset, { budget: limit.budget, depth: depth - 1 });
  });
}

function readExtent(entry: Cursor): Extent {
  const block = entry.u32('first block');
  const length = entry.u16('number of blocks');
  const high = entry.u16('place');
  return { block, length, start: high * 2 ** 32 + entry.u32('place') };
}

function shortTargetOf({ size, map }: Ext4Inode): Uint8Array | undefined {
  return size < BLOCK_MAP_BYTES ? map.subarray(0, size) : undefined;
}

/** Entries of a block reach to its end; those without an inode are not in use, or hold an index. */
function readFolder(folder: ByteSource, { blockBytes }: Ext4Layout): ReadonlyMap<string, number> {
  const entries = new Map<string, number>();
  for (let start = 0; start < folder.size; start += blockBytes) {
    const bytes = folder.read(start, Math.min(blockBytes, folder.size - start));
    const cursor = new Cursor(folder.name, bytes, 'little', start);
    while (cursor.remaining > 0) {
      const { offset } = cursor;
      const inode = cursor.u32('inode of an entry');
      const length = cursor.u16('length of an entry');
      if (length < 8) throw cursor.errorAt(offset + 4, 'at least 8 bytes', `${length}`);
      const entry = cursor.sub(length - 6, 'an entry');
      const nameBytes = entry.u8('length of a name');
      entry.take(1, 'type of an entry');
      const name = Buffer.from(entry.take(nameBytes, 'a name')).toString('utf8');
      if (inode !== 0) entries.set(name, inode);
    }
  }
  return entries;
}
