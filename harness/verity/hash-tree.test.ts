import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildHashTree } from './hash-tree.ts';
import { partitionUuids } from './partition-uuids.ts';
import { arbitraryTree, hasSuperblock } from './testing/arbitrary-tree.ts';
import { deviceOf, digestsOf } from './testing/digests-of.ts';
import { treeGeometry } from './tree-geometry.ts';

describe('a hash tree', () => {
  it('is built as its definition says, block by block', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, async (tree) => {
        const { parameters, geometry } = deviceOf(tree);
        const built = Buffer.from(tree.hash).fill(0, hasSuperblock(tree) ? 512 : 0);
        const digests = digestsOf(parameters, tree.data);
        const root = await buildHashTree(parameters, geometry, digests, (level, index, bytes) => {
          const block = (geometry.levels[level]?.firstBlock ?? 0) + index;
          built.set(bytes, block * parameters.hashBlockBytes);
        });
        expect(root).toBe(tree.root);
        expect(built.equals(tree.hash)).toBe(true);
      }),
    );
  });

  // veritysetup 2.8.8 on 512 MiB: "Hash blocks: 1033", hash device of 4235264 bytes.
  it('is laid out with the level nearest to the root first', () => {
    const parameters = {
      format: 1,
      algorithm: 'sha256',
      dataBlockBytes: 4096,
      hashBlockBytes: 4096,
      dataBlocks: 131072,
      salt: new Uint8Array(32),
    } as const;
    expect(treeGeometry(parameters, true)).toEqual({
      digestBytes: 32,
      slotBytes: 32,
      slots: 128,
      levels: [
        { firstBlock: 10, blocks: 1024 },
        { firstBlock: 2, blocks: 8 },
        { firstBlock: 1, blocks: 1 },
      ],
      endBlock: 1034,
    });
    expect(treeGeometry({ ...parameters, dataBlocks: 1 }, false)).toMatchObject({
      levels: [],
      endBlock: 0,
    });
  });
});

describe('partition UUIDs', () => {
  // Of an image that systemd-repart made.
  it('are the ends of the root hash', () => {
    const root = 'd6811464940067150f6b70c09801c62561d733ea9bdc4369243b09566cdb5e95';
    expect(partitionUuids(root)).toEqual({
      data: 'd6811464-9400-6715-0f6b-70c09801c625',
      hash: '61d733ea-9bdc-4369-243b-09566cdb5e95',
    });
  });
});
