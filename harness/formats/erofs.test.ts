import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { erofsFlatRuns, readErofs } from './erofs.ts';

const BLOCK = 4096;

type MadeInode = {
  readonly nid: number;
  readonly layout: number;
  readonly isExtended: boolean;
  readonly size: number;
  readonly xattrs?: number;
  readonly firstBlock: number;
};

/** A file system of four blocks with inodes from its second block on (Linux, fs/erofs/erofs_fs.h). */
function makeErofs(inodes: readonly MadeInode[], blockBits = 12): Buffer {
  const bytes = Buffer.alloc(4 * BLOCK);
  bytes.writeUInt32LE(0xe0f5e1e2, 1024);
  bytes.writeUInt8(blockBits, 1024 + 12);
  bytes.writeUInt32LE(1, 1024 + 40);
  for (const { nid, layout, isExtended, size, xattrs = 0, firstBlock } of inodes) {
    const inode = bytes.subarray(BLOCK + nid * 32);
    inode.writeUInt16LE((layout << 1) | Number(isExtended), 0);
    inode.writeUInt16LE(xattrs, 2);
    if (isExtended) inode.writeBigUInt64LE(BigInt(size), 8);
    else inode.writeUInt32LE(size, 8);
    inode.writeUInt32LE(firstBlock, 16);
  }
  return bytes;
}

function runsOf(bytes: Uint8Array, nid: number) {
  const source = bytesSource('root.img', bytes);
  const layout = readErofs(source);
  return layout && erofsFlatRuns(source, layout, nid);
}

describe('erofs', () => {
  it('tells where the bytes of files are that it stores as they are', () => {
    const bytes = makeErofs([
      { nid: 0, layout: 0, isExtended: false, size: 5000, firstBlock: 2 },
      { nid: 3, layout: 2, isExtended: true, size: 4101, firstBlock: 3 },
      { nid: 8, layout: 2, isExtended: false, size: 9, xattrs: 3, firstBlock: 0xffffffff },
      { nid: 10, layout: 3, isExtended: false, size: 9000, firstBlock: 2 },
    ]);
    expect(runsOf(bytes, 0)).toEqual([{ offset: 8192, length: 8192 }]);
    expect(runsOf(bytes, 3)).toEqual([
      { offset: 12288, length: 4096 },
      { offset: BLOCK + 3 * 32 + 64, length: 5 },
    ]);
    expect(runsOf(bytes, 8)?.[1]).toEqual({ offset: BLOCK + 8 * 32 + 32 + 20, length: 9 });
    expect(runsOf(bytes, 10)).toEqual([]);
  });

  it('is not what has another magic', () => {
    expect(readErofs(bytesSource('root.img', Buffer.alloc(BLOCK)))).toBeUndefined();
    expect(readErofs(bytesSource('root.img', Buffer.alloc(100)))).toBeUndefined();
  });

  it('has neither tiny nor huge blocks', () => {
    expect(() => runsOf(makeErofs([], 40), 0)).toThrow(
      'root.img: at 0x40c: expected a block size of 2^9 to 2^16 bytes, found 2^40',
    );
  });

  it('has no inode behind its end', () => {
    expect(() => runsOf(makeErofs([]), 4096)).toThrow(FormatError);
  });

  it('is read or refused whatever it holds', () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(bytes, fc.nat(), (inode, nid) => {
        const image = makeErofs([]);
        image.set(inode, BLOCK);
        try {
          runsOf(image, 0);
          runsOf(image, nid);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
