import { BlockHasher } from '../bytes/block-hasher.ts';
import type { ByteSource } from '../bytes/source.ts';
import { digestAt } from './digest-slots.ts';
import type { HashDevice } from './hash-device.ts';
import { locateBlock } from './locate-block.ts';
import { hashingOf } from './parameters.ts';

/** A block that the kernel finds corrupt: a data block, or a hash block, which it calls metadata. */
export type FoundCorrupt = {
  readonly kind: 'data' | 'metadata';
  /** Data blocks are counted from the start of the data, hash blocks from the start of their device. */
  readonly block: number;
};

/**
 * What a read of a data block comes to while nothing is verified yet: the kernel goes from the top of the
 * tree down to the data and stops at the first block that is not what the one above says.
 *
 * @param device the hash device, as it is stored
 * @param data the data, as they are stored
 * @param root the root hash
 * @param block number of the data block
 * @returns the block that is found corrupt; `undefined` where the data are read
 * @throws RangeError where the tree covers no such block: a mistake of the caller
 * @see Linux, drivers/md/dm-verity-target.c (verity_hash_for_block, verity_verify_io)
 */
export function forecastRead(
  device: HashDevice,
  data: ByteSource,
  root: Uint8Array,
  block: number,
): FoundCorrupt | undefined {
  const { source, geometry, parameters } = device;
  const location = locateBlock(device, block);
  let wanted = root;
  for (const { offset, size, digest, block: number } of location.hash.toReversed()) {
    const stored = source.read(offset, size);
    if (!hasDigest(stored, parameters, wanted)) return { kind: 'metadata', block: number };
    wanted = digestAt(geometry, stored, digest.slot);
  }
  const bytes = data.read(location.data.offset, location.data.size);
  return hasDigest(bytes, parameters, wanted) ? undefined : { kind: 'data', block };
}

function hasDigest(
  bytes: Uint8Array,
  parameters: HashDevice['parameters'],
  wanted: Uint8Array,
): boolean {
  const hasher = new BlockHasher(hashingOf(parameters, bytes.length), 1);
  hasher.blocks[0]?.set(bytes);
  return Buffer.compare(hasher.digests(1), wanted) === 0;
}
