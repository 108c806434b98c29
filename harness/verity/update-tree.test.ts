import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryTree, hasSuperblock, noise } from './testing/arbitrary-tree.ts';
import { deviceOf } from './testing/digests-of.ts';
import { makeTree } from './testing/make-tree.ts';
import { THREE_LEVELS } from './testing/three-levels.ts';
import { updateTree } from './update-tree.ts';

describe('an updated tree', () => {
  it('is the one that all of the changed data give', () => {
    const places = fc.array(fc.nat(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(arbitraryTree, places, fc.nat(), (tree, numbers, seed) => {
        const { dataBlocks, dataBlockBytes: size } = tree.parameters;
        const data = Buffer.from(tree.data);
        const changed = numbers.map((number, index) => {
          const block = number % dataBlocks;
          const bytes = noise(seed + index, size);
          data.set(bytes, block * size);
          return { block, bytes };
        });
        const full = makeTree(tree.parameters, data, hasSuperblock(tree));
        const { root, blocks } = updateTree(deviceOf(tree), changed);
        const hash = Buffer.from(tree.hash);
        for (const { offset, bytes } of blocks) hash.set(bytes, offset);
        expect(root).toBe(full.root);
        expect(hash.equals(full.hash)).toBe(true);
      }),
    );
  });

  it('has no other blocks than those between the data and the root', () => {
    const bytes = noise(2, 1024);
    const { blocks } = updateTree(deviceOf(THREE_LEVELS), [
      { block: 17, bytes },
      { block: 16, bytes },
      { block: 99, bytes },
    ]);
    expect(blocks.map(({ level, offset }) => [level, offset / 512])).toEqual([
      [0, 4 + 2],
      [0, 4 + 12],
      [1, 2],
      [1, 3],
      [2, 1],
    ]);
    expect(() => updateTree(deviceOf(THREE_LEVELS), [{ block: 100, bytes }])).toThrow(RangeError);
    expect(() => updateTree(deviceOf(THREE_LEVELS), [])).toThrow(RangeError);
  });
});
