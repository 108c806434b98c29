import { uuidText } from './uuid-text.ts';

/** Digits of 128 bits. */
const UUID_DIGITS = 32;

/** The partition UUIDs by which systemd finds the partitions of a root hash. */
export type PartitionUuids = {
  /** Of the partition with the data: the first 128 bits. */
  readonly data: string;
  /** Of the partition with the tree: the last 128 bits. */
  readonly hash: string;
};

/**
 * Partition UUIDs that a root hash stands for. Those of SHA-1 overlap.
 *
 * @param root the root hash in lower-case hex
 * @see UAPI.2, Discoverable Partitions Specification; systemd-gpt-auto-generator(8)
 */
export function partitionUuids(root: string): PartitionUuids {
  return {
    data: uuidText(root.slice(0, UUID_DIGITS)),
    hash: uuidText(root.slice(-UUID_DIGITS)),
  };
}
