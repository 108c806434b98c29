import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import { isLuksVolume } from '../../formats/luks2-header.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';
import type { SystemDisk } from './system-identity.ts';

const CRYPTTAB = '/etc/crypttab';

/**
 * Whether systemd may open an encrypted volume: one of the disk's partitions, or one that a crypttab or the
 * command line names.
 *
 * @param disk the disk that the system was started from; absent where it is not known
 * @param trees the file systems that systemd runs from
 * @param parameters the kernel's
 * @throws FormatError where a folder is damaged
 * @see systemd-gpt-auto-generator(8), systemd-cryptsetup-generator(8)
 */
export function mayOpenVolumes(
  disk: SystemDisk | undefined,
  trees: readonly TreeNode[],
  parameters: readonly KernelParameter[],
): boolean {
  if (disk === undefined) return true;
  return (
    disk.gpt.partitions.some(({ offset, size }) => isLuksVolume(disk.disk, offset, size)) ||
    trees.some((tree) => findNode(tree, CRYPTTAB) !== undefined) ||
    parameters.some(({ key }) => /^(?:rd\.)?luks(?:\.|$)/.test(key))
  );
}
