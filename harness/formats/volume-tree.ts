import type { ByteSource } from '../bytes/source.ts';
import { formatUuid } from '../bytes/uuid.ts';
import { readErofs } from './erofs.ts';
import { erofsTree } from './erofs-tree.ts';
import { readExt4 } from './ext4.ts';
import { ext4Tree } from './ext4-tree.ts';
import type { TreeNode } from './file-tree.ts';

/** A file system whose files are read, and what libblkid says of it. */
export type VolumeTree = {
  /** libblkid's TYPE, UUID and LABEL. */
  readonly type: string;
  readonly uuid: string;
  readonly label: string;
  readonly root: TreeNode;
};

/**
 * Opens an erofs or ext4.
 *
 * @param volume the file system
 * @returns `undefined` where it is another one, or none
 * @throws FormatError where its superblock or root folder is damaged
 * @see util-linux, libblkid/src/superblocks/
 */
export function openVolumeTree(volume: ByteSource): VolumeTree | undefined {
  const erofs = readErofs(volume);
  if (erofs !== undefined) {
    return { type: 'erofs', ...named(erofs), root: erofsTree(volume, erofs) };
  }
  const ext4 = readExt4(volume);
  if (ext4 === undefined) return undefined;
  return { type: ext4.type, ...named(ext4), root: ext4Tree(volume, ext4) };
}

function named({ uuid, label }: { readonly uuid: Uint8Array; readonly label: Uint8Array }) {
  return { uuid: formatUuid(uuid), label: Buffer.from(label).toString('utf8') };
}
