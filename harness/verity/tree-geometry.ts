import { VERITY_ALGORITHMS, type VerityParameters } from './parameters.ts';
import { SUPERBLOCK_BYTES } from './superblock.ts';

/** One level of a tree. */
export type TreeLevel = {
  /** Its first block, counted in hash blocks from the start of the hash device. */
  readonly firstBlock: number;
  /** Number of its hash blocks. */
  readonly blocks: number;
};

/** Where everything of a tree lies. */
export type TreeGeometry = {
  readonly digestBytes: number;
  /** Distance of two digests in a hash block, in bytes: format 1 pads each to a power of two. */
  readonly slotBytes: number;
  /** Digests in a hash block, a power of two. */
  readonly slots: number;
  /** Level 0 holds the digests of the data; the last level is a single block. None for one data block. */
  readonly levels: readonly TreeLevel[];
  /** Hash blocks before the end of the tree, those that hold the superblock included. */
  readonly endBlock: number;
};

/**
 * Lays out a tree. The hash device holds the superblock, where there is one, then from the next whole
 * hash block on the levels, the one nearest to the root first.
 *
 * @param parameters what the tree is made with
 * @param hasSuperblock whether the hash device begins with a superblock
 * @see cryptsetup, lib/verity/verity_hash.c (hash_levels); Linux, drivers/md/dm-verity-target.c
 */
export function treeGeometry(parameters: VerityParameters, hasSuperblock: boolean): TreeGeometry {
  const { algorithm, hashBlockBytes, format, dataBlocks } = parameters;
  const digestBytes = VERITY_ALGORITHMS[algorithm];
  const slots = 2 ** Math.floor(Math.log2(hashBlockBytes / digestBytes));
  const slotBytes = format === 1 ? 2 ** Math.ceil(Math.log2(digestBytes)) : digestBytes;
  const counts = levelCounts(dataBlocks, slots);
  const start = hasSuperblock ? Math.ceil(SUPERBLOCK_BYTES / hashBlockBytes) : 0;
  const levels = counts.map((blocks, level) => ({
    blocks,
    firstBlock: counts.slice(level + 1).reduce((sum, above) => sum + above, start),
  }));
  const endBlock = counts.reduce((sum, blocks) => sum + blocks, start);
  return { digestBytes, slotBytes, slots, levels, endBlock };
}

function levelCounts(dataBlocks: number, slots: number): readonly number[] {
  const counts: number[] = [];
  for (let blocks = dataBlocks; blocks > 1; ) {
    blocks = Math.ceil(blocks / slots);
    counts.push(blocks);
  }
  return counts;
}

/** Number of children of a hash block: of data blocks on level 0, else of hash blocks a level below. */
export function childrenOf(
  { slots, levels }: TreeGeometry,
  dataBlocks: number,
  level: number,
  index: number,
): number {
  const below = level === 0 ? dataBlocks : (levels[level - 1]?.blocks ?? 0);
  return Math.min(slots, below - index * slots);
}
