import { FormatError } from '../../bytes/format-error.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import { initrdTree } from '../../formats/initrd-tree.ts';
import type { Uki } from '../../formats/uki.ts';
import { type KernelParameter, kernelParameters } from '../linux/kernel-parameters.ts';
import { mayOpenVolumes } from './encrypted-volumes.ts';
import { type OpenedRoot, openRoot, type SystemDisk } from './system-identity.ts';

/** What a UKI starts. */
export type StartedSystem = {
  readonly uki: Uki;
  /** The command line as the kernel gets it. */
  readonly commandLine: string;
  /** The initrd that the UKI brings; absent where there is none, or not this one alone. */
  readonly initrd: ByteSource | undefined;
  /** The disk that it was started from; absent where that is not known. */
  readonly disk: SystemDisk | undefined;
};

/** What a UKI starts, with its file systems opened as far as they are read. */
export type OpenedSystem = {
  /** The version of systemd that the UKI's stub has. */
  readonly stubVersion: number;
  readonly parameters: readonly KernelParameter[];
  readonly initrd: TreeNode | undefined;
  readonly root: OpenedRoot | { readonly unknown: string };
  /** Whether systemd may open an encrypted volume. */
  readonly opensVolumes: boolean;
};

/**
 * Opens the file systems of a system. What is damaged, or not of a kind that is read, is not known.
 *
 * @param system what a UKI starts
 */
export function openSystem({ uki, commandLine, initrd, disk }: StartedSystem): OpenedSystem {
  const parameters = kernelParameters(commandLine);
  const read = initrd && orReason(() => initrdTree(initrd));
  const tree = read === undefined || 'unknown' in read ? undefined : read;
  const root = rootOf(tree, disk, parameters);
  const trees = [tree, 'unknown' in root ? undefined : root.volume.root];
  const opened = trees.filter((one) => one !== undefined);
  const volumes = orReason(() => ({ opens: mayOpenVolumes(disk, opened, parameters) }));
  return {
    // An image that does not name its stub is taken for one with the newest.
    stubVersion: uki.stub?.version ?? Number.POSITIVE_INFINITY,
    parameters,
    initrd: tree,
    root,
    opensVolumes: 'unknown' in volumes || volumes.opens,
  };
}

/** Without this file systemd does not take an initrd for one, and stays in it (systemd src/basic/initrd-util.c). */
const INITRD_MARK = '/etc/initrd-release';
const SYSTEMD = '/usr/lib/systemd/systemd';

function rootOf(
  initrd: TreeNode | undefined,
  disk: SystemDisk | undefined,
  parameters: readonly KernelParameter[],
): OpenedSystem['root'] {
  if (initrd !== undefined && isWholeSystem(initrd)) return { volume: { root: initrd } };
  if (disk === undefined) return { unknown: 'the disk with the root file system is not known' };
  return orReason(() => openRoot(disk, parameters));
}

/** Whether an initrd is the system itself, and no way to one. */
function isWholeSystem(initrd: TreeNode): boolean {
  return findNode(initrd, SYSTEMD) !== undefined && findNode(initrd, INITRD_MARK) === undefined;
}

/** What a reader gives, or why it gives nothing. */
export function orReason<T extends object>(read: () => T): T | { readonly unknown: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return { unknown: error.message };
    throw error;
  }
}
