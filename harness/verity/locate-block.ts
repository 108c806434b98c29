import type { HashDevice } from './hash-device.ts';

/** Where a data block lies, and what vouches for it. Offsets are in bytes from the start of their device. */
export type BlockLocation = {
  readonly data: { readonly block: number; readonly offset: number; readonly size: number };
  /** The hash blocks between the data block and the root hash, the one that holds its digest first. */
  readonly hash: readonly CoveringBlock[];
};

/** A hash block on the way from a data block to the root hash. */
export type CoveringBlock = {
  readonly level: number;
  /** Its number, counted in hash blocks from the start of the hash device, as the kernel reports it. */
  readonly block: number;
  readonly offset: number;
  readonly size: number;
  /** The digest in it that vouches for the block below. */
  readonly digest: { readonly slot: number; readonly offset: number; readonly size: number };
};

/**
 * Finds a data block and all that covers it.
 *
 * @param device the hash device
 * @param block number of the data block, from 0
 * @throws RangeError where the tree covers no such block: a mistake of the caller
 */
export function locateBlock({ parameters, geometry }: HashDevice, block: number): BlockLocation {
  const { dataBlocks, dataBlockBytes, hashBlockBytes: size } = parameters;
  if (!Number.isInteger(block) || block < 0 || block >= dataBlocks) {
    throw new RangeError(`no data block ${block} among ${dataBlocks}`);
  }
  const { slots, slotBytes, digestBytes } = geometry;
  const hash = geometry.levels.map(({ firstBlock }, level) => {
    const child = Math.floor(block / slots ** level);
    const number = firstBlock + Math.floor(child / slots);
    const offset = number * size;
    const slot = child % slots;
    const digest = { slot, offset: offset + slot * slotBytes, size: digestBytes };
    return { level, block: number, offset, size, digest };
  });
  return { data: { block, offset: block * dataBlockBytes, size: dataBlockBytes }, hash };
}
