import { expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { makeLzma } from './testing/make-lzma.ts';
import { packedKey, rememberUnpacked, unpackedBefore, unpackedLzma } from './unpacked-lzma.ts';

const unpack = (packed: Uint8Array, maxBytes = 1 << 20) =>
  unpackedLzma(new Cursor('data.lzma', packed), maxBytes);

it('decodes the same bytes once', () => {
  const packed = makeLzma(Buffer.from('a volume'));
  const unpacked = unpack(packed);
  expect(Buffer.from(unpacked).toString()).toBe('a volume');
  expect(unpack(Uint8Array.from(packed))).toBe(unpacked);
});

it('decodes others anew', () => {
  expect(Buffer.from(unpack(makeLzma(Buffer.from('first')))).toString()).toBe('first');
  expect(Buffer.from(unpack(makeLzma(Buffer.from('other')))).toString()).toBe('other');
});

it('refuses what is too large, kept or not', () => {
  const packed = makeLzma(Buffer.alloc(100));
  expect(unpack(packed)).toHaveLength(100);
  expect(() => unpack(packed, 99)).toThrow(expect.objectContaining({ offset: 5, found: '100' }));
});

it('takes over what was unpacked before', () => {
  const packed = makeLzma(Buffer.from('unpacked here'));
  const elsewhere = Buffer.from('unpacked elsewhere');
  expect(unpackedBefore(packedKey(packed))).toBeUndefined();
  rememberUnpacked(packedKey(packed), elsewhere);
  expect(unpack(packed)).toBe(elsewhere);
});

it('leaves nothing of its input, and says where in the file that is damaged', () => {
  const packed = makeLzma(Buffer.from('a volume'));
  const input = new Cursor('firmware.fd', packed, 'little', 0x1000);
  unpackedLzma(input, 1 << 20);
  expect(input.remaining).toBe(0);
  const damaged = Buffer.from(packed).fill(225, 0, 1);
  expect(() => unpackedLzma(new Cursor('firmware.fd', damaged, 'little', 0x1000), 1 << 20)).toThrow(
    expect.objectContaining({ name: 'FormatError', file: 'firmware.fd', offset: 0x1000 }),
  );
});
