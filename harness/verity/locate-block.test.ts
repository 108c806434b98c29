import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateBlock } from './locate-block.ts';
import { arbitraryTree, noise } from './testing/arbitrary-tree.ts';
import { deviceOf } from './testing/digests-of.ts';
import { digest, makeTree } from './testing/make-tree.ts';

describe('a located block', () => {
  it('is vouched for by one digest after the other, up to the root hash', () => {
    fc.assert(
      fc.property(arbitraryTree, fc.nat(), (tree, number) => {
        const block = number % tree.parameters.dataBlocks;
        const { data, hash } = locateBlock(deviceOf(tree), block);
        let below = tree.data.subarray(data.offset, data.offset + data.size);
        for (const covering of hash) {
          const { offset, size } = covering.digest;
          const stored = tree.hash.subarray(offset, offset + size);
          expect(stored.equals(digest(tree.parameters, below))).toBe(true);
          below = tree.hash.subarray(covering.offset, covering.offset + covering.size);
        }
        expect(digest(tree.parameters, below).toString('hex')).toBe(tree.root);
      }),
    );
  });

  it('is one that the tree covers', () => {
    const parameters = {
      format: 1,
      algorithm: 'sha256',
      dataBlockBytes: 512,
      hashBlockBytes: 512,
      dataBlocks: 3,
      salt: new Uint8Array(0),
    } as const;
    const device = deviceOf(makeTree(parameters, noise(1, 1536)));
    expect(() => locateBlock(device, 3)).toThrow(RangeError);
    expect(() => locateBlock(device, -1)).toThrow(RangeError);
  });
});
