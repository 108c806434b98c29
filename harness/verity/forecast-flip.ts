import type { HashDevice } from './hash-device.ts';

/** One bit of the data or of the hash device, which some read-only file system lies on. */
export type Flip = {
  readonly device: 'data' | 'hash';
  /** Byte that it is in, from the start of the device. */
  readonly offset: number;
  /** 0 is the lowest of the byte. */
  readonly bit: number;
};

/** Data blocks from one to the last before another. */
export type BlockRange = { readonly start: number; readonly end: number };

/**
 * Which data blocks of a running device cannot be read once a bit is flipped: the block itself, or all that
 * a hash block vouches for, its spare bytes included, because a hash block is hashed whole. A running
 * device reads its superblock no more, and nothing reads what lies behind the tree or the data.
 *
 * @returns an empty range where nobody notices
 * @see Linux, drivers/md/dm-verity-target.c (verity_hash_for_block, verity_verify_level)
 */
export function forecastFlip(
  { parameters, geometry }: Pick<HashDevice, 'parameters' | 'geometry'>,
  { device, offset }: Flip,
): BlockRange {
  const { dataBlocks, dataBlockBytes, hashBlockBytes } = parameters;
  if (device === 'data') {
    const start = Math.min(dataBlocks, Math.floor(offset / dataBlockBytes));
    return { start, end: Math.min(dataBlocks, start + 1) };
  }
  const block = Math.floor(offset / hashBlockBytes);
  const level = geometry.levels.findIndex(
    ({ firstBlock, blocks }) => block >= firstBlock && block < firstBlock + blocks,
  );
  const found = geometry.levels[level];
  if (found === undefined) return { start: 0, end: 0 };
  const covered = geometry.slots ** (level + 1);
  const start = (block - found.firstBlock) * covered;
  return { start, end: Math.min(dataBlocks, start + covered) };
}
