import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { runSource } from '../bytes/run-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type ErofsInode, type ErofsLayout, readErofsInode } from './erofs.ts';
import type { TreeNode } from './file-tree.ts';

/** Types of files in `st_mode`. */
const TYPE_MASK = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

const DIRENT_BYTES = 12;

/** Folders of real images have some hundred KiB; keeps a hostile size from claiming memory. */
const MAX_FOLDER_BYTES = 16 << 20;
const MAX_LINK_BYTES = 4096;

/**
 * The files of an erofs. Those that are compressed are not read: mkfs.erofs leaves the small ones as
 * they are.
 *
 * @param source the file system
 * @param layout its superblock
 * @throws FormatError where the root folder is damaged
 * @see Linux, fs/erofs/erofs_fs.h (struct erofs_dirent)
 */
export function erofsTree(source: ByteSource, layout: ErofsLayout): TreeNode {
  return nodeAt({ source, layout }, layout.root);
}

type Volume = { readonly source: ByteSource; readonly layout: ErofsLayout };

function nodeAt(volume: Volume, nid: number): TreeNode {
  const inode = readErofsInode(volume.source, volume.layout, nid);
  const type = inode.mode & TYPE_MASK;
  if (type === FILE) return { kind: 'file', content: contentOf(volume, nid, inode) };
  if (type === LINK) return { kind: 'link', target: targetOf(volume, nid, inode) };
  if (type !== FOLDER) return { kind: 'other' };
  const entries = () => readFolder(bytesOf(volume, nid, inode, MAX_FOLDER_BYTES), volume.layout);
  return {
    kind: 'folder',
    names: () => [...entries().keys()],
    child: (name) => {
      const child = entries().get(name);
      return child === undefined ? undefined : nodeAt(volume, child);
    },
  };
}

function contentOf({ source }: Volume, nid: number, { size, runs }: ErofsInode) {
  const name = `${source.name}, inode ${nid}`;
  if (runs.length === 0) return { unread: 'it is compressed' };
  // The first block of a file that has none is a number without meaning.
  const used = runs.filter(({ length }) => length > 0);
  return runSource(source, used, size, name);
}

function targetOf(volume: Volume, nid: number, inode: ErofsInode): string {
  const bytes = bytesOf(volume, nid, inode, MAX_LINK_BYTES);
  return Buffer.from(bytes.read(0, bytes.size)).toString('utf8');
}

function bytesOf(volume: Volume, nid: number, inode: ErofsInode, limit: number): ByteSource {
  const content = contentOf(volume, nid, inode);
  if (!('unread' in content) && content.size <= limit) return content;
  throw new FormatError({
    file: volume.source.name,
    offset: volume.layout.inodes + nid * 32,
    expected: `an inode with at most ${limit} bytes that are stored as they are`,
    found: 'unread' in content ? content.unread : `${inode.size} bytes`,
  });
}

/** Every block begins with its entries; their names follow, the last one ended by a NUL or the block. */
function readFolder(folder: ByteSource, { blockBytes }: ErofsLayout): ReadonlyMap<string, number> {
  const entries = new Map<string, number>();
  for (let start = 0; start < folder.size; start += blockBytes) {
    const block = folder.read(start, Math.min(blockBytes, folder.size - start));
    const cursor = new Cursor(folder.name, block, 'little', start);
    const found: { readonly nid: number; readonly name: number }[] = [];
    do {
      const nid = cursor.size64('inode of an entry');
      found.push({ nid, name: cursor.u16('start of a name') });
      cursor.take(2, 'type of an entry');
    } while (found.length < (found[0]?.name ?? 0) / DIRENT_BYTES);
    for (const [index, { nid, name }] of found.entries()) {
      const bytes = Buffer.from(block.subarray(name, found[index + 1]?.name));
      entries.set(bytes.toString('utf8').split('\0', 1)[0] ?? '', nid);
    }
  }
  return entries;
}
