import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { FileContent, TreeNode } from './file-tree.ts';

/** Types of files in `st_mode` (inode(7)). */
const TYPE_MASK = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

const MAX_LINK_BYTES = 4096;

/** What every inode has. */
export type Inode = {
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number;
  /** Bytes of its content. */
  readonly size: number;
  /** Where it stands in the file system. */
  readonly offset: number;
};

/** How a file system keeps files by the numbers of their inodes. */
export type InodeVolume<I extends Inode> = {
  /** Name of the file system, for error messages. */
  readonly name: string;
  /** @throws FormatError where there is no such inode */
  readonly inodeAt: (number: number) => I;
  readonly contentOf: (inode: I) => FileContent;
  /** Target of a link that stands in its inode; absent where all targets are contents. */
  readonly targetIn?: (inode: I) => Uint8Array | undefined;
  /**
   * Numbers of inodes by the names that a folder gives them.
   *
   * @throws FormatError where the folder is damaged
   */
  readonly entriesOf: (folder: ByteSource) => ReadonlyMap<string, number>;
  /** Keeps a hostile size from claiming memory. */
  readonly mostFolderBytes: number;
  /** How content has to be stored to be read, for error messages. */
  readonly stored: string;
};

/**
 * The files below an inode.
 *
 * @param number of the inode
 * @throws FormatError where there is no such inode, or it is a link that is damaged
 */
export function inodeTree<I extends Inode>(volume: InodeVolume<I>, number: number): TreeNode {
  const inode = volume.inodeAt(number);
  const type = inode.mode & TYPE_MASK;
  if (type === FILE) return { kind: 'file', content: volume.contentOf(inode) };
  if (type === LINK) return { kind: 'link', target: targetOf(volume, inode) };
  if (type !== FOLDER) return { kind: 'other' };
  const entries = () => volume.entriesOf(bytesOf(volume, inode, volume.mostFolderBytes));
  return {
    kind: 'folder',
    names: () => [...entries().keys()],
    child: (name) => {
      const child = entries().get(name);
      return child === undefined ? undefined : inodeTree(volume, child);
    },
  };
}

function targetOf<I extends Inode>(volume: InodeVolume<I>, inode: I): string {
  const bytes =
    volume.targetIn?.(inode) ?? bytesOf(volume, inode, MAX_LINK_BYTES).read(0, inode.size);
  return Buffer.from(bytes).toString('utf8');
}

function bytesOf<I extends Inode>(volume: InodeVolume<I>, inode: I, limit: number): ByteSource {
  const content = volume.contentOf(inode);
  if (!('unread' in content) && content.size <= limit) return content;
  throw new FormatError({
    file: volume.name,
    offset: inode.offset,
    expected: `an inode with at most ${limit} bytes ${volume.stored}`,
    found: 'unread' in content ? content.unread : `${inode.size} bytes`,
  });
}
