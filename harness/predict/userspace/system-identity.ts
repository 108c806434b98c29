import { sliceSource } from '../../bytes/slice-source.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { findNode, findNodeOrLink, type TreeNode } from '../../formats/file-tree.ts';
import type { Gpt } from '../../formats/gpt.ts';
import type { GptPartition } from '../../formats/gpt-partition.ts';
import { isLuksVolume } from '../../formats/luks2-header.ts';
import { openVolumeTree, type VolumeTree } from '../../formats/volume-tree.ts';
import { type Contribution, computed, inOrder, unknown } from '../contribution.ts';
import { isTurnedOff, type KernelParameter } from '../linux/kernel-parameters.ts';
import type { Forecast } from '../prediction.ts';
import { fileSystemWord } from './file-system-word.ts';
import { machineId } from './machine-id.ts';
import { canMeasure, measuringUnitStart } from './measuring-unit.ts';
import { findRootPartition, findUsrPartition, type RootPartition } from './root-partition.ts';
import { userspaceEvent } from './systemd-userspace.ts';

/** TPM2_PCR_SYSTEM_IDENTITY (UAPI Group, Linux TPM PCR Registry). */
const PCR = 15;

const GPT_AUTO = 'systemd-gpt-auto-generator';

/** Type GUID of a partition for /var (UAPI Group, Discoverable Partitions Specification). */
const VAR = '4d21b016-b534-45c2-a9fb-5c16e091fd2d';

/** Real ones have some hundred bytes. */
const MAX_TEXT_BYTES = 1 << 20;

/** The disk that the system was started from. */
export type SystemDisk = { readonly disk: ByteSource; readonly gpt: Gpt };

/** The root file system, opened, and the disk that it is on. */
type RootOnDisk = SystemDisk &
  Extract<RootPartition, { readonly partition: unknown }> & { readonly volume: VolumeTree };

/** The root file system: on a disk, or the initrd itself. */
export type OpenedRoot = RootOnDisk | { readonly volume: Pick<VolumeTree, 'root'> };

/**
 * Opens the root file system, with what is mounted at its /usr.
 *
 * @param parameters the kernel's
 * @returns what it is, or why it is not known
 * @throws FormatError where it is damaged
 */
export function openRoot(
  { disk, gpt }: SystemDisk,
  parameters: readonly KernelParameter[],
): RootOnDisk | { readonly unknown: string } {
  const found = findRootPartition(gpt, parameters);
  if ('unknown' in found) return found;
  const volume = volumeOf(disk, found.partition);
  if ('unknown' in volume) return volume;
  const usr = findUsrPartition(gpt, parameters);
  if (usr === undefined) return { disk, gpt, ...found, volume };
  if ('unknown' in usr) return usr;
  const other = volumeOf(disk, usr.partition);
  if ('unknown' in other) return other;
  return { disk, gpt, ...found, volume: { ...volume, root: withUsr(volume.root, other.root) } };
}

function volumeOf(
  disk: ByteSource,
  { number, offset, size }: GptPartition,
): VolumeTree | { readonly unknown: string } {
  const volume = openVolumeTree(sliceSource(disk, offset, size, `partition ${number}`));
  return volume ?? { unknown: `partition ${number} holds a file system that is not read` };
}

/** A root file system on which another one is mounted at /usr. */
function withUsr(root: TreeNode, usr: TreeNode): TreeNode {
  if (root.kind !== 'folder') return root;
  return {
    kind: 'folder',
    names: () => [...new Set([...root.names(), 'usr'])],
    child: (name) => (name === 'usr' ? usr : root.child(name)),
  };
}

/**
 * Forecasts what systemd extends PCR 15 with: the machine id, then file systems that the system is
 * made up of.
 *
 * @param forecast which banks
 * @param root the root file system
 * @param parameters the kernel's
 * @param systemUuid the UUID in the machine's SMBIOS tables; absent where it is not known
 * @throws FormatError where a folder is damaged
 * @see systemd units/systemd-pcrmachine.service.in, systemd-pcrfs-root.service.in, systemd-pcrfs@.service.in
 */
export function systemIdentity(
  forecast: Forecast,
  root: OpenedRoot,
  parameters: readonly KernelParameter[],
  systemUuid: string | undefined,
): Contribution {
  const tree = root.volume.root;
  return inOrder(
    'disk' in root ? volumeKeys(root) : computed(),
    machine(forecast, tree, parameters, systemUuid),
    fileSystems(forecast, root, parameters),
  );
}

/** systemd measures the key of a volume that it opens with the TPM. */
function volumeKeys({ disk, gpt }: SystemDisk): Contribution {
  const encrypted = gpt.partitions.find(({ offset, size }) => isLuksVolume(disk, offset, size));
  return encrypted === undefined
    ? computed()
    : unknown([PCR], `the key of the encrypted partition ${encrypted.number} is secret`);
}

function machine(
  forecast: Forecast,
  tree: TreeNode,
  parameters: readonly KernelParameter[],
  systemUuid: string | undefined,
): Contribution {
  const start = measuringUnitStart(
    tree,
    'systemd-pcrmachine.service',
    'sysinit.target',
    parameters,
  );
  if (start === 'not started') return computed();
  if (start !== 'started') return unknown([PCR], start.unknown);
  const found = machineId(tree, parameters, systemUuid);
  return 'unknown' in found
    ? unknown([PCR], found.unknown)
    : computed(userspaceEvent(forecast, PCR, 'machine-id', `machine-id:${found.id}`));
}

function fileSystems(
  forecast: Forecast,
  root: OpenedRoot,
  parameters: readonly KernelParameter[],
): Contribution {
  if (!canMeasure(root.volume.root)) return computed();
  const listed = textOf(root.volume.root, '/etc/fstab');
  if (listed === undefined) return unknown([PCR], '/etc/fstab is not read');
  if (/^\s*[^#\s].*x-systemd\.pcrfs/m.test(listed)) {
    return unknown([PCR], 'file systems that /etc/fstab has measured');
  }
  if (!('disk' in root) || !discovers(root.volume.root, parameters)) return computed();
  const { gpt, volume, partition, isDiscovered, hasVerity } = root;
  const others = gpt.partitions.some(({ type }) => type === VAR)
    ? unknown([PCR], 'the file system of /var')
    : computed();
  if (!isDiscovered || hasVerity) return others;
  const word = fileSystemWord('/', volume, partition);
  return inOrder(computed(userspaceEvent(forecast, PCR, 'filesystem', word)), others);
}

/** Whether partitions are mounted by their type. */
function discovers(tree: TreeNode, parameters: readonly KernelParameter[]): boolean {
  const own = findNodeOrLink(tree, `/etc/systemd/system-generators/${GPT_AUTO}`);
  const isMasked = own?.kind === 'link' && own.target === '/dev/null';
  const isThere = findNode(tree, `/usr/lib/systemd/system-generators/${GPT_AUTO}`) !== undefined;
  return isThere && !isMasked && !isTurnedOff(parameters, 'systemd.gpt_auto');
}

/** The text of a file, empty where there is none; `undefined` where it is not read. */
function textOf(tree: TreeNode, path: string): string | undefined {
  const node = findNode(tree, path);
  if (node?.kind !== 'file') return '';
  if ('unread' in node.content || node.content.size > MAX_TEXT_BYTES) return undefined;
  return Buffer.from(node.content.read(0, node.content.size)).toString('latin1');
}
