import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockHasher, digestBlocks } from './block-hasher.ts';

describe('blocks', () => {
  it('are hashed with the salt on its side, in order', () => {
    const hashing = fc.record({
      algorithm: fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512'),
      blockBytes: fc.integer({ min: 1, max: 80 }),
      salt: fc.uint8Array({ maxLength: 70 }),
      saltPlace: fc.constantFrom('before' as const, 'behind' as const),
    });
    fc.assert(
      fc.property(
        hashing,
        fc.nat(9),
        fc.nat(20),
        fc.integer({ min: 1, max: 7 }),
        (how, first, count, held) => {
          const file = Buffer.from(
            Array.from({ length: 30 * how.blockBytes }, (_, at) => at % 251),
          );
          const block = (index: number) =>
            file.subarray(index * how.blockBytes, (index + 1) * how.blockBytes);
          const read = (from: number, places: readonly Uint8Array[]) => {
            for (const [place, bytes] of places.entries()) bytes.set(block(from + place));
          };
          const expected = Array.from({ length: count }, (_, index) => {
            const parts = [how.salt, block(first + index)];
            const salted = Buffer.concat(how.saltPlace === 'before' ? parts : parts.reverse());
            return createHash(how.algorithm).update(salted).digest();
          });
          const digests = [...digestBlocks(new BlockHasher(how, held), read, first, count)];
          expect(Buffer.concat(digests).equals(Buffer.concat(expected))).toBe(true);
        },
      ),
    );
  });

  it('are held in bounded memory', () => {
    const hashing = { algorithm: 'sha256', salt: new Uint8Array(0), saltPlace: 'before' } as const;
    expect(new BlockHasher({ ...hashing, blockBytes: 512 }).blocks).toHaveLength(1024);
    expect(new BlockHasher({ ...hashing, blockBytes: 4096 }).blocks).toHaveLength(256);
    expect(new BlockHasher({ ...hashing, blockBytes: 2 << 20 }).blocks).toHaveLength(1);
  });
});
