import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { GptPartition } from '../formats/gpt-partition.ts';
import { type KernelParameter, parameterValue } from '../predict/linux/kernel-parameters.ts';
import { type HashDevice, soundHashDevice } from '../verity/hash-device.ts';
import { partitionUuids } from '../verity/partition-uuids.ts';

/** A pair of partitions that the command line of the kernel puts under dm-verity. */
export type VerityPair = {
  /** What it holds: `root` or `/usr`. */
  readonly name: string;
  readonly data: GptPartition;
  readonly hash: GptPartition;
  readonly device: HashDevice;
  /** The root hash in lower-case hex. */
  readonly root: string;
};

/** The parameters with a root hash (systemd-veritysetup-generator(8)). */
const ROOT_HASHES = [
  { key: 'roothash', name: 'root' },
  { key: 'usrhash', name: '/usr' },
];

/** The shortest digest whose two ends are UUIDs, in hexadecimal digits. */
const MIN_DIGITS = 32;

/**
 * Finds the partitions that are read by way of dm-verity, as systemd does: by the UUIDs that the root hash
 * of the command line gives them.
 *
 * @param disk the whole disk
 * @param partitions those of the disk
 * @param parameters of the kernel
 */
export function verityPartitions(
  disk: ByteSource,
  partitions: readonly GptPartition[],
  parameters: readonly KernelParameter[],
): readonly VerityPair[] {
  return ROOT_HASHES.flatMap(({ key, name }) => {
    const rootHash = parameterValue(parameters, key)?.toLowerCase();
    if (rootHash === undefined || rootHash.length < MIN_DIGITS) return [];
    const uuids = partitionUuids(rootHash);
    const data = partitions.find(({ guid }) => guid === uuids.data);
    const hash = partitions.find(({ guid }) => guid === uuids.hash);
    const device =
      hash && soundHashDevice(sliceSource(disk, hash.offset, hash.size, `${name} hash tree`));
    return data && hash && device ? [{ name, data, hash, device, root: rootHash }] : [];
  });
}
