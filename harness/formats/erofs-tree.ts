import { Cursor } from '../bytes/cursor.ts';
import { runSource } from '../bytes/run-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type ErofsInode, type ErofsLayout, readErofsInode } from './erofs.ts';
import type { FileContent, TreeNode } from './file-tree.ts';
import { inodeTree } from './inode-tree.ts';

const DIRENT_BYTES = 12;

/** Unit in which inodes are counted. */
const SLOT_BYTES = 32;

/** Folders of real images have some hundred KiB. */
const MAX_FOLDER_BYTES = 16 << 20;

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
  const inodeAt = (nid: number) => ({
    ...readErofsInode(source, layout, nid),
    nid,
    offset: layout.inodes + nid * SLOT_BYTES,
  });
  const volume = {
    name: source.name,
    inodeAt,
    contentOf: (inode: ReturnType<typeof inodeAt>) => contentOf(source, inode),
    entriesOf: (folder: ByteSource) => readFolder(folder, layout),
    mostFolderBytes: MAX_FOLDER_BYTES,
    stored: 'that are stored as they are',
  };
  return inodeTree(volume, layout.root);
}

function contentOf(
  source: ByteSource,
  { nid, size, runs }: ErofsInode & { readonly nid: number },
): FileContent {
  if (runs.length === 0) return { unread: 'it is compressed' };
  // The first block of a file that has none is a number without meaning.
  const used = runs.filter(({ length }) => length > 0);
  return runSource(source, used, size, `${source.name}, inode ${nid}`);
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
