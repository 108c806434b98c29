import { BlockHasher } from '../bytes/block-hasher.ts';
import { toHex } from '../bytes/hex.ts';
import { setDigests } from './digest-slots.ts';
import type { HashDevice } from './hash-device.ts';
import { hashingOf } from './parameters.ts';

/** A data block with the bytes that it has from now on. */
export type ChangedBlock = { readonly block: number; readonly bytes: Uint8Array };

/** A hash block that has other bytes than before. */
export type UpdatedHashBlock = {
  /** 0 holds the digests of the data. */
  readonly level: number;
  /** Where it lies, in bytes from the start of the hash device. */
  readonly offset: number;
  readonly bytes: Uint8Array;
};

/** What becomes of a tree when some data blocks are changed. */
export type UpdatedTree = {
  /** The new root hash in lower-case hex. */
  readonly root: string;
  /** The hash blocks to be written, those nearest to the data first, each level in ascending order. */
  readonly blocks: readonly UpdatedHashBlock[];
};

/** Blocks of one level with the bytes that they will have, by their place in the level. */
type Level = ReadonlyMap<number, Uint8Array>;

/**
 * Recomputes the part of a tree that vouches for some data blocks: the hash blocks between them and the
 * root hash, and nothing else. The stored tree is taken as it is.
 *
 * @param device the hash device
 * @param changed data blocks with their new bytes; of two with one number the last counts; at least one
 * @throws RangeError where there is no such data block, or it is no whole block: a mistake of the caller
 * @see Linux, Documentation/admin-guide/device-mapper/verity.rst
 */
export function updateTree(device: HashDevice, changed: readonly ChangedBlock[]): UpdatedTree {
  const { parameters, geometry } = device;
  const { dataBlockBytes, hashBlockBytes } = parameters;
  checkBlocks(device, changed);
  let below: Level = new Map(changed.map(({ block, bytes }) => [block, bytes]));
  let blockBytes = dataBlockBytes;
  const blocks: UpdatedHashBlock[] = [];
  for (const [level, { firstBlock }] of geometry.levels.entries()) {
    const own = levelAbove(device, level, digestsOf(device, below, blockBytes));
    for (const [index, bytes] of own) {
      blocks.push({ level, offset: (firstBlock + index) * hashBlockBytes, bytes });
    }
    below = own;
    blockBytes = hashBlockBytes;
  }
  const [root] = digestsOf(device, below, blockBytes).values();
  if (root === undefined) throw new RangeError('no data block was changed');
  return { root: toHex(root), blocks };
}

function checkBlocks({ parameters }: HashDevice, changed: readonly ChangedBlock[]): void {
  const { dataBlocks, dataBlockBytes } = parameters;
  for (const { block, bytes } of changed) {
    const isBlock = Number.isInteger(block) && block >= 0 && block < dataBlocks;
    if (isBlock && bytes.length === dataBlockBytes) continue;
    throw new RangeError(`no data block ${block} of ${bytes.length} bytes in this tree`);
  }
}

function digestsOf({ parameters }: HashDevice, blocks: Level, blockBytes: number): Level {
  const hasher = new BlockHasher(hashingOf(parameters, blockBytes), 1);
  const digests = [...blocks].map(([index, bytes]): [number, Uint8Array] => {
    hasher.blocks[0]?.set(bytes);
    return [index, hasher.digests(1)];
  });
  return new Map(digests.toSorted(([a], [b]) => a - b));
}

/** The stored blocks of a level that hold some digests, with these in their place. */
function levelAbove(
  { source, parameters, geometry }: HashDevice,
  level: number,
  digests: Level,
): Level {
  const { hashBlockBytes } = parameters;
  const first = geometry.levels[level]?.firstBlock ?? 0;
  const blocks = new Map<number, Uint8Array>();
  for (const [child, digest] of digests) {
    const index = Math.floor(child / geometry.slots);
    const offset = (first + index) * hashBlockBytes;
    const block = blocks.get(index) ?? Uint8Array.from(source.read(offset, hashBlockBytes));
    setDigests(geometry, block, child % geometry.slots, digest);
    blocks.set(index, block);
  }
  return blocks;
}
