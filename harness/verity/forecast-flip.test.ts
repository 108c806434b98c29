import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastFlip } from './forecast-flip.ts';
import { arbitraryTree, hasSuperblock } from './testing/arbitrary-tree.ts';
import { deviceOf } from './testing/digests-of.ts';
import { digest, type MadeTree } from './testing/make-tree.ts';

const SIZES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** Whether a block can be read, by the definition: its digest and those above are held, block by block. */
function isReadable({ parameters, data, hash, root }: MadeTree, head: number, block: number) {
  const { dataBlocks, dataBlockBytes, hashBlockBytes, algorithm, format } = parameters;
  const size = SIZES[algorithm];
  const perBlock = 2 ** Math.floor(Math.log2(hashBlockBytes / size));
  const slot = format === 1 ? 2 ** Math.ceil(Math.log2(size)) : size;
  const counts: number[] = [];
  for (let count = dataBlocks; count > 1; ) {
    count = Math.ceil(count / perBlock);
    counts.push(count);
  }
  let below = data.subarray(block * dataBlockBytes, (block + 1) * dataBlockBytes);
  let child = block;
  for (const [level, _] of counts.entries()) {
    const above = counts.slice(level + 1).reduce((sum, count) => sum + count, 0);
    const start = head + (above + Math.floor(child / perBlock)) * hashBlockBytes;
    const stored = hash.subarray(start, start + hashBlockBytes);
    const at = (child % perBlock) * slot;
    if (!digest(parameters, below).equals(stored.subarray(at, at + size))) return false;
    below = stored;
    child = Math.floor(child / perBlock);
  }
  return digest(parameters, below).toString('hex') === root;
}

describe('the forecast of a flip', () => {
  it('names exactly the blocks that cannot be read any more', () => {
    fc.assert(
      fc.property(arbitraryTree, fc.boolean(), fc.nat(), fc.nat(7), (tree, isData, place, bit) => {
        const device = isData ? 'data' : 'hash';
        const bytes = Buffer.from(tree[device]);
        if (bytes.length === 0) return;
        const offset = place % bytes.length;
        const range = forecastFlip(deviceOf(tree), { device, offset, bit });
        bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
        const { hashBlockBytes, dataBlocks } = tree.parameters;
        const head = hasSuperblock(tree) ? Math.ceil(512 / hashBlockBytes) * hashBlockBytes : 0;
        const blocks = Array.from({ length: dataBlocks }, (_, block) => block);
        const failing = blocks.filter(
          (block) => !isReadable({ ...tree, [device]: bytes }, head, block),
        );
        expect(failing).toEqual(
          blocks.filter((block) => block >= range.start && block < range.end),
        );
      }),
    );
  });

  it('is that nobody notices behind the data', () => {
    const [tree] = fc.sample(arbitraryTree, { numRuns: 1, seed: 1 });
    if (tree === undefined) throw new TypeError('no tree');
    const { start, end } = forecastFlip(deviceOf(tree), {
      device: 'data',
      offset: tree.data.length,
      bit: 0,
    });
    expect(end - start).toBe(0);
  });
});
