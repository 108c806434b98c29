import type { Gpt } from '../../formats/gpt.ts';
import type { GptPartition } from '../../formats/gpt-partition.ts';
import { type KernelParameter, parameterValue } from '../linux/kernel-parameters.ts';

/** Type GUID of a root file system for x86-64 (UAPI Group, Discoverable Partitions Specification). */
const ROOT_X86_64 = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';

/** A partition with this attribute is not discovered (the same, SD_GPT_FLAG_NO_AUTO). */
const NO_AUTO = 1n << 63n;

/** Digits of a UUID, with which the root hash names the partition with the data. */
const UUID_DIGITS = 32;

/** Parameters that put something else into the root's place. */
const REPLACING = [
  'systemd.volatile',
  'systemd.verity_root_data',
  'mount.usr',
  'systemd.verity_usr_data',
  'rd.systemd.verity',
  'systemd.verity',
];

/** The partition with the root file system, or why it is not known. */
export type RootPartition =
  | {
      readonly partition: GptPartition;
      /** Whether systemd mounts it under dm-verity. */
      readonly hasVerity: boolean;
      /** Whether it was found by its type. */
      readonly isDiscovered: boolean;
    }
  | { readonly unknown: string };

/**
 * Finds the partition that systemd takes for the root file system.
 *
 * @param gpt the boot disk's partition table
 * @param parameters the kernel's
 * @see systemd-veritysetup-generator(8), systemd-fstab-generator(8), systemd-gpt-auto-generator(8)
 */
export function findRootPartition(
  gpt: Pick<Gpt, 'partitions'>,
  parameters: readonly KernelParameter[],
): RootPartition {
  const replaced = REPLACING.find((key) => parameterValue(parameters, key) !== undefined);
  if (replaced !== undefined) return { unknown: `${replaced}= has a say in what the root is` };
  const rootHash = parameterValue(parameters, 'roothash');
  const root = parameterValue(parameters, 'root') ?? 'gpt-auto';
  if (rootHash !== undefined) {
    const guid = rootHash.slice(0, UUID_DIGITS).toLowerCase();
    return oneOf(gpt, `roothash=${guid}…`, (one) => one.guid.replaceAll('-', '') === guid, {
      hasVerity: true,
      isDiscovered: false,
    });
  }
  const flags = { hasVerity: false, isDiscovered: root === 'gpt-auto' };
  const [, tag, value = ''] = /^(PARTUUID|PARTLABEL)=(.*)$/.exec(root) ?? [];
  if (tag === 'PARTUUID') {
    return oneOf(gpt, root, ({ guid }) => guid === value.toLowerCase(), flags);
  }
  if (tag === 'PARTLABEL') return oneOf(gpt, root, ({ name }) => name === value, flags);
  if (root !== 'gpt-auto') return { unknown: `which partition root=${root} is` };
  const isOffered = ({ type, attributes }: GptPartition) =>
    type === ROOT_X86_64 && (attributes & NO_AUTO) === 0n;
  return oneOf(gpt, 'the type of a root file system', isOffered, flags);
}

/**
 * Finds the partition that systemd mounts at /usr, under dm-verity.
 *
 * @param gpt the boot disk's partition table
 * @param parameters the kernel's
 * @returns `undefined` where /usr is a folder of the root file system
 * @see systemd-veritysetup-generator(8), usrhash=
 */
export function findUsrPartition(
  gpt: Pick<Gpt, 'partitions'>,
  parameters: readonly KernelParameter[],
): RootPartition | undefined {
  const usrHash = parameterValue(parameters, 'usrhash');
  if (usrHash === undefined) return undefined;
  const guid = usrHash.slice(0, UUID_DIGITS).toLowerCase();
  return oneOf(gpt, `usrhash=${guid}…`, (one) => one.guid.replaceAll('-', '') === guid, {
    hasVerity: true,
    isDiscovered: false,
  });
}

function oneOf(
  { partitions }: Pick<Gpt, 'partitions'>,
  what: string,
  isMeant: (partition: GptPartition) => boolean,
  flags: { readonly hasVerity: boolean; readonly isDiscovered: boolean },
): RootPartition {
  const [partition, ...others] = partitions.filter(isMeant);
  return partition === undefined || others.length > 0
    ? { unknown: `${partition ? others.length + 1 : 0} partitions with ${what}` }
    : { partition, ...flags };
}
