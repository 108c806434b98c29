import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { forecastFlip } from './forecast-flip.ts';
import { forecastRead } from './forecast-read.ts';
import { arbitraryTree } from './testing/arbitrary-tree.ts';
import { deviceOf } from './testing/digests-of.ts';
import type { MadeTree } from './testing/make-tree.ts';

/** Where the tree begins: the superblock is read when the device is made, and never again. */
function treeStart(tree: MadeTree): number {
  const { geometry } = deviceOf(tree);
  return (geometry.levels.at(-1)?.firstBlock ?? 0) * tree.parameters.hashBlockBytes;
}

/** A place on one of the two devices, and the same device with a bit of that place flipped. */
function flipped(tree: MadeTree, on: 'data' | 'hash', place: number) {
  const start = on === 'data' ? 0 : treeStart(tree);
  const bytes = Buffer.from(tree[on]);
  const offset = start + (place % (bytes.length - start));
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return { offset, tree: { ...tree, [on]: bytes } };
}

describe('the forecast of a read', () => {
  it('names the block that a flip hit, for every block that the flip reaches and no other', () => {
    const devices = fc.constantFrom('data' as const, 'hash' as const);
    fc.assert(
      fc.property(arbitraryTree, devices, fc.nat(), fc.nat(), (tree, on, place, which) => {
        fc.pre(on === 'data' || tree.hash.length > treeStart(tree));
        const { dataBlocks, dataBlockBytes, hashBlockBytes } = tree.parameters;
        const block = which % dataBlocks;
        const { offset, tree: changed } = flipped(tree, on, place);
        const device = { ...deviceOf(tree), source: bytesSource('hash', changed.hash) };
        const root = Buffer.from(tree.root, 'hex');
        const found = forecastRead(device, bytesSource('data', changed.data), root, block);
        const size = on === 'data' ? dataBlockBytes : hashBlockBytes;
        const kind = on === 'data' ? 'data' : 'metadata';
        const hit = { kind, block: Math.floor(offset / size) };
        const range = forecastFlip(device, { device: on, offset, bit: 0 });
        const isReached = block >= range.start && block < range.end;
        expect(found).toEqual(isReached ? hit : undefined);
      }),
    );
  });
});
