import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { readVeritySuperblock } from './superblock.ts';
import { arbitraryParameters } from './testing/arbitrary-tree.ts';
import { MADE_UUID, makeSuperblock } from './testing/make-tree.ts';

const usual = {
  format: 1,
  algorithm: 'sha256',
  dataBlockBytes: 4096,
  hashBlockBytes: 4096,
  dataBlocks: 10,
  salt: Uint8Array.of(1, 2, 3),
} as const;

const read = (bytes: Uint8Array) => readVeritySuperblock(bytesSource('hash.img', bytes));

describe('a verity superblock', () => {
  it('says how a tree was made', () => {
    fc.assert(
      fc.property(arbitraryParameters, (parameters) => {
        expect(read(makeSuperblock(parameters))).toEqual({ ...parameters, uuid: MADE_UUID });
      }),
    );
  });

  it.each([
    [
      'no signature',
      0,
      Buffer.from('veritx'),
      'at 0x0: expected verity signature 7665726974790000',
    ],
    ['another version', 8, [2], 'at 0x8: expected superblock version 1, found 2'],
    ['another hash type', 12, [2], 'at 0xc: expected hash type 0 or 1, found 2'],
    ['an unknown algorithm', 32, Buffer.from('md5\0\0\0'), 'at 0x20: expected a hash algorithm of'],
    ['a name of Object', 32, Buffer.from('valueOf\0'), 'at 0x20: expected a hash algorithm of'],
    ['a data block size of no power of two', 64, [0, 12], 'at 0x40: expected data block size'],
    ['a small data block size', 64, [0, 1], 'at 0x40: expected data block size'],
    ['a hash block size of 0', 68, [0, 0], 'at 0x44: expected hash block size'],
    ['a large hash block size', 68, [0, 0, 16], 'at 0x44: expected hash block size'],
    ['no data', 72, [0], 'at 0x48: expected 1 to 2199023255551 data blocks of 4096 bytes, found 0'],
    ['sizes that overflow', 78, [0, 1], 'found 72057594037927946'],
    ['a size beyond 2^53', 77, [8], 'found 8796093022218'],
    ['a long salt', 80, [1, 1], 'at 0x50: expected a salt of at most 256 bytes, found 257'],
  ])('is refused with %s', (_, offset, bytes, message) => {
    const changed = makeSuperblock(usual);
    changed.set(bytes, offset);
    expect(() => read(changed)).toThrow(FormatError);
    expect(() => read(changed)).toThrow(message);
  });

  it('is refused where the file ends before it', () => {
    expect(() => read(makeSuperblock(usual).subarray(0, 511))).toThrow(
      'hash.img: at 0x0: expected 512 bytes of a verity superblock, found a file that ends at 0x1ff',
    );
  });

  it('is read or refused whatever it holds', () => {
    const changes = fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (bytes) => {
        const changed = makeSuperblock(usual);
        for (const [at, value] of bytes) changed[at] = value;
        try {
          read(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
