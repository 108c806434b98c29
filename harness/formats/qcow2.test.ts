import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { isQcow2, requireWholeQcow2 } from './qcow2.ts';
import { makeQcow2Header } from './testing/make-qcow2.ts';

const source = (bytes: Uint8Array) => bytesSource('disk.qcow2', bytes);

describe('a qcow2 image', () => {
  it('is known by its magic', () => {
    expect(isQcow2(source(makeQcow2Header({})))).toBe(true);
    expect(isQcow2(source(Buffer.alloc(512)))).toBe(false);
    expect(isQcow2(source(Buffer.from('QFI\xfb', 'latin1')))).toBe(false);
  });

  it('tells the size of its disk', () => {
    expect(requireWholeQcow2(source(makeQcow2Header({ size: 1n << 30n })))).toBe(1n << 30n);
    expect(requireWholeQcow2(source(makeQcow2Header({ version: 2, size: 7n })))).toBe(7n);
  });

  it('is refused where it would have another file read', () => {
    expect(() => requireWholeQcow2(source(makeQcow2Header({ backing: 512n })))).toThrow(
      'disk.qcow2: at 0x8: expected an image without backing file, found one with it',
    );
    expect(() => requireWholeQcow2(source(makeQcow2Header({ incompatible: 4n })))).toThrow(
      'disk.qcow2: at 0x48: expected an image that holds its data, found one with an external data file',
    );
  });

  it('is refused where it is of another version, or cut off', () => {
    expect(() => requireWholeQcow2(source(makeQcow2Header({ version: 4 })))).toThrow('found 4');
    const cut = makeQcow2Header({}).subarray(0, 76);
    expect(() => requireWholeQcow2(source(cut))).toThrow('disk.qcow2: at 0x48: ');
  });
});
