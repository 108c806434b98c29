import { FormatError } from '../bytes/format-error.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { readGpt } from '../formats/gpt.ts';
import type { GptPartition } from '../formats/gpt-partition.ts';
import { type HashDevice, openHashDevice } from '../verity/hash-device.ts';
import { partitionUuids } from '../verity/partition-uuids.ts';
import { storedRoot } from '../verity/stored-root.ts';

/** Partition types that belong together (UAPI.2, Discoverable Partitions Specification), for x86-64. */
const TYPES = [
  {
    data: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
    hash: '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5',
  },
  {
    data: '8484680c-9521-48c6-9c11-b0720656f69e',
    hash: '77ff5f63-e7b6-4633-acf4-1565b864c0e6',
  },
] as const;

/** A data partition of a disk and its tree. */
export type VerityPartitions = {
  readonly data: GptPartition;
  readonly hash: GptPartition;
  readonly device: HashDevice;
  /** Root hash of the stored tree in lower-case hex; `null` for a single data block. */
  readonly root: string | null;
  /** Whether the partition UUIDs are those of the root hash, by which systemd finds them. */
  readonly uuidsMatch: boolean;
};

/**
 * Finds the partitions of a disk that dm-verity puts together: by type, and of several by the UUIDs
 * that the root hash gives them; root before /usr.
 *
 * @param disk the whole disk
 * @throws FormatError where there is no sound partition table, no such pair, or no sound tree
 */
export function findVerityPartitions(disk: ByteSource): VerityPartitions {
  const { partitions } = readGpt(disk);
  const pairs = TYPES.flatMap((type) => {
    const data = partitions.filter((partition) => partition.type === type.data);
    const hash = partitions.filter((partition) => partition.type === type.hash);
    return hash.flatMap((one) => data.map((other) => ({ data: other, hash: one })));
  });
  const found = pairs.map((pair) => openPair(disk, pair));
  const match = found.find(({ uuidsMatch }) => uuidsMatch) ?? found[0];
  if (match !== undefined) return match;
  throw new FormatError({
    file: disk.name,
    offset: 0,
    expected: 'a root or /usr partition and its verity partition, for x86-64',
    found: partitions.map(({ type }) => `a partition of type ${type}`).join(', ') || 'no partition',
  });
}

function openPair(
  disk: ByteSource,
  { data, hash }: Pick<VerityPartitions, 'data' | 'hash'>,
): VerityPartitions {
  const place = `partition ${hash.number}`;
  const device = openHashDevice(sliceSource(disk, hash.offset, hash.size, place));
  const root = storedRoot(device) ?? null;
  const uuids = root === null ? undefined : partitionUuids(root);
  const uuidsMatch = data.guid === uuids?.data && hash.guid === uuids.hash;
  return { data, hash, device, root, uuidsMatch };
}
