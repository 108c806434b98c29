import type { Random } from '../bytes/seeded-random.ts';
import { type BlockRange, type Flip, forecastFlip } from './forecast-flip.ts';
import type { HashDevice } from './hash-device.ts';

/** What is flipped: data, the hash blocks that hold their digests, or those above. */
export type FlipKind = 'data' | 'leaf' | 'upper';

/** A flip, and the data blocks that cannot be read while it lasts. */
export type PlannedFlip = { readonly flip: Flip; readonly failing: BlockRange };

/** Flips that are made and undone together; none of them reaches a block that another reaches. */
export type FlipBatch = {
  readonly kind: FlipKind;
  readonly flips: readonly PlannedFlip[];
  /** Data blocks that are read while the flips last, and again when they are undone, in ascending order. */
  readonly read: readonly number[];
};

/** Of twenty flips so many hit the tree; the rest the data. */
const SHARE = { leaf: 2, upper: 1, of: 20 } as const;

/** Flips of a batch at most. Of hash blocks fewer: each makes many reads. */
const MOST = { data: 64, hash: 16 } as const;

type Geometry = Pick<HashDevice, 'parameters' | 'geometry'>;

/**
 * Draws single bits of data and tree, in batches: data first, then leaves, then what is above them, each
 * level as often as the others.
 *
 * @param count how many flips; a tree of one level has no upper blocks, and one of none no leaves
 * @param random what is drawn from
 */
export function* planFlips(
  device: Geometry,
  count: number,
  random: Random,
): Generator<FlipBatch, void, undefined> {
  const { levels } = device.geometry;
  const share = (of: number, isThere: boolean) =>
    isThere ? Math.ceil((count * of) / SHARE.of) : 0;
  const upper = Math.min(count, share(SHARE.upper, levels.length > 1));
  const leaf = Math.min(count - upper, share(SHARE.leaf, levels.length > 0));
  yield* dataBatches(device, count - upper - leaf, random);
  yield* hashBatches(device, 'leaf', [0], leaf, random);
  const above = levels.keys().drop(1).toArray();
  yield* hashBatches(device, 'upper', above, upper, random);
}

function* dataBatches(device: Geometry, count: number, random: Random) {
  const { dataBlocks, dataBlockBytes } = device.parameters;
  for (let left = count; left > 0; ) {
    const blocks = distinct(Math.min(left, MOST.data), dataBlocks, random);
    left -= blocks.length;
    yield batchOf(device, 'data', blocks, dataBlockBytes, random);
  }
}

function* hashBatches(
  device: Geometry,
  kind: FlipKind,
  levels: readonly number[],
  count: number,
  random: Random,
) {
  const { geometry, parameters } = device;
  for (let left = count, turn = 0; left > 0; turn++) {
    const level = geometry.levels[levels[turn % levels.length] ?? 0];
    if (level === undefined) return;
    // Every level gets its share, though the upper ones have few blocks.
    const most = Math.min(left, MOST.hash, Math.max(1, level.blocks - 1));
    const blocks = distinct(most, level.blocks, random).map((one) => level.firstBlock + one);
    left -= blocks.length;
    yield batchOf(device, kind, blocks, parameters.hashBlockBytes, random);
  }
}

/** Different numbers below a limit, in ascending order. */
function distinct(count: number, limit: number, random: Random): readonly number[] {
  const chosen = new Set<number>();
  const wanted = Math.min(count, limit);
  while (chosen.size < wanted) chosen.add(random.below(limit));
  return [...chosen].toSorted((a, b) => a - b);
}

/** Blocks of one level cover different data. */
function batchOf(
  device: Geometry,
  kind: FlipKind,
  blocks: readonly number[],
  blockBytes: number,
  random: Random,
): FlipBatch {
  const flips = blocks.map((block): PlannedFlip => {
    const offset = block * blockBytes + random.below(blockBytes);
    const on = kind === 'data' ? 'data' : 'hash';
    const flip: Flip = { device: on, offset, bit: random.below(8) };
    return { flip, failing: forecastFlip(device, flip) };
  });
  const { dataBlocks } = device.parameters;
  const read = flips
    .flatMap(({ failing }) => [...within(failing, random), ...beside(failing, random)])
    .concat(random.below(dataBlocks))
    .filter((block) => block >= 0 && block < dataBlocks);
  return { kind, flips, read: [...new Set(read)].toSorted((a, b) => a - b) };
}

/** The edges of what is to fail, and a block between them. */
function within({ start, end }: BlockRange, random: Random): readonly number[] {
  return [start, end - 1, start + random.below(end - start)];
}

/** A neighbour, on one side: what is not to fail. */
function beside({ start, end }: BlockRange, random: Random): readonly number[] {
  return [random.below(2) === 0 ? start - 1 : end];
}

/** Whether a block is among those that flips reach. */
export function isFailing(flips: readonly PlannedFlip[], block: number): boolean {
  return flips.some(({ failing }) => block >= failing.start && block < failing.end);
}
