import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { countDataBlocks, openHashDevice } from './hash-device.ts';
import { arbitraryTree, hasSuperblock, noise } from './testing/arbitrary-tree.ts';
import { deviceOf, digestsOf } from './testing/digests-of.ts';
import { digest, type MadeTree, makeTree } from './testing/make-tree.ts';
import { THREE_LEVELS as tree } from './testing/three-levels.ts';
import { verifyTree } from './verify-tree.ts';

const verify = (
  tree: MadeTree,
  changed: Partial<Pick<MadeTree, 'data' | 'hash' | 'root'>> = {},
) => {
  const { data, hash, root } = { ...tree, ...changed };
  const device = deviceOf(tree, hash);
  return verifyTree(device, Buffer.from(root, 'hex'), digestsOf(device.parameters, data));
};

const flipped = (bytes: Buffer, ...places: readonly number[]): Buffer => {
  const copy = Buffer.from(bytes);
  for (const place of places) copy[place] = (copy[place] ?? 0) ^ 0x10;
  return copy;
};

describe('verification', () => {
  it('finds nothing in what was not changed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, async (made) => {
        expect(await verify(made)).toEqual({ valid: true, corrupt: [], corruptBlocks: 0 });
      }),
    );
  });

  it('finds exactly the blocks whose bits were flipped, where they do not cover each other', async () => {
    const places = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(arbitraryTree, places, async (made, numbers) => {
        const at = numbers.map((number) => number % made.data.length);
        const blocks = [
          ...new Set(at.map((one) => Math.floor(one / made.parameters.dataBlockBytes))),
        ];
        // Flips at one place would undo each other.
        const data = flipped(made.data, ...new Set(at));
        const { corrupt, corruptBlocks } = await verify(made, { data });
        expect(corruptBlocks).toBe(blocks.length);
        expect(corrupt).toEqual(
          blocks
            .toSorted((a, b) => a - b)
            .map((block) => ({
              kind: 'data',
              block,
              offset: block * made.parameters.dataBlockBytes,
            })),
        );
      }),
    );
  });

  it('finds exactly the hash block in which a bit was flipped', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, fc.nat(), async (made, number) => {
        const { hashBlockBytes } = made.parameters;
        const start = hasSuperblock(made) ? Math.max(512, hashBlockBytes) : 0;
        fc.pre(made.hash.length > start);
        const at = start + (number % (made.hash.length - start));
        const block = Math.floor(at / hashBlockBytes);
        const { corrupt, corruptBlocks } = await verify(made, { hash: flipped(made.hash, at) });
        expect(corruptBlocks).toBe(1);
        expect(corrupt).toMatchObject([{ kind: 'hash', block, offset: block * hashBlockBytes }]);
      }),
    );
  });

  it('finds hash and data blocks on the same path', async () => {
    // Digests of data blocks 16 and 17 are in block 4 + 2; 16 is told from 17 by the stored digest.
    const hash = flipped(tree.hash, 6 * 512 + 70);
    const data = flipped(tree.data, 16 << 10);
    expect(await verify(tree, { hash, data })).toEqual({
      valid: false,
      corruptBlocks: 3,
      corrupt: [
        { kind: 'hash', level: 0, block: 6, offset: 3072, why: 'digest' },
        { kind: 'data', block: 16, offset: 16384 },
        { kind: 'data', block: 17, offset: 17408 },
      ],
    });
  });

  it('says that a wrong root hash is not that of the top block', async () => {
    expect(await verify(tree, { root: '00'.repeat(64) })).toEqual({
      valid: false,
      corruptBlocks: 1,
      corrupt: [{ kind: 'hash', level: 2, block: 1, offset: 512, why: 'digest' }],
    });
  });

  it('finds what is not zero though the root hash covers it', async () => {
    // The last of the 100 digests is the fourth of its block; a tree made over what follows it.
    const { levels } = deviceOf(tree).geometry;
    const hash = Buffer.from(tree.hash);
    hash[17 * 512 - 1] = 1;
    for (const [level, child] of [12, 1].entries()) {
      const from = ((levels[level]?.firstBlock ?? 0) + child) * 512;
      const to = ((levels[level + 1]?.firstBlock ?? 0) + Math.floor(child / 8)) * 512;
      const slot = child % 8;
      hash.set(digest(tree.parameters, hash.subarray(from, from + 512)), to + slot * 64);
    }
    const root = digest(tree.parameters, hash.subarray(512, 1024)).toString('hex');
    expect(await verify(tree, { hash, root })).toEqual({
      valid: false,
      corruptBlocks: 1,
      corrupt: [{ kind: 'hash', level: 0, block: 16, offset: 8192, why: 'spare' }],
    });
  });

  it('lists the first 100 of many', async () => {
    const big = makeTree({ ...tree.parameters, dataBlocks: 300 }, noise(2, 300 << 10));
    const found = await verify(big, { data: noise(3, 300 << 10) });
    expect(found.corruptBlocks).toBe(300);
    expect(found.corrupt.map(({ block }) => block)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });
});

describe('a hash device', () => {
  it('is refused where it is shorter than the tree of its data', () => {
    const hash = tree.hash.subarray(0, -512);
    expect(() => openHashDevice(bytesSource('hash.img', hash))).toThrow(
      'hash.img: at 0x2000: expected 17 hash blocks of 512 bytes for 100 data blocks, found a file that ends at 0x2000',
    );
  });

  it('is read or refused whatever was done to it', async () => {
    const changes = fc.array(fc.tuple(fc.nat(2047), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(tree.hash.length), async (bytes, length) => {
        const hash = Buffer.from(tree.hash);
        for (const [at, value] of bytes) hash[at] = value;
        try {
          const device = openHashDevice(bytesSource('hash', hash.subarray(0, length)));
          if (device.parameters.dataBlocks > 100) return;
          await verifyTree(device, Buffer.alloc(64), digestsOf(device.parameters, tree.data));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe('data', () => {
  it('are whole blocks', () => {
    expect(countDataBlocks(bytesSource('data', Buffer.alloc(8192)), 4096)).toBe(2);
    expect(() => countDataBlocks(bytesSource('data', Buffer.alloc(5000)), 4096)).toThrow(
      'data: at 0x1000: expected a data block of 4096 bytes, found 904 bytes before the end',
    );
    expect(() => countDataBlocks(bytesSource('data', Buffer.alloc(0)), 4096)).toThrow('no data');
  });
});
