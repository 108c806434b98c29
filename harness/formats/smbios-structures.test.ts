import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { readSmbiosStructures, smbiosStructureBytes } from './smbios-structures.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const END = [127, 4, 0xff, 0xfe, 0, 0];
const TEXTS = [...Buffer.from('QEMU\0pc\0\0')];
/** One structure with two strings, one without any (DSP0134 3.8, 6.1.2 and 6.1.3). */
const TABLE = Uint8Array.of(3, 6, 0x00, 0x03, 1, 2, ...TEXTS, 32, 5, 0, 0x20, 7, 0, 0, ...END);

function read(...bytes: readonly number[]) {
  return readSmbiosStructures(new Cursor('tables', Uint8Array.from(bytes)));
}

describe('SMBIOS structures', () => {
  it('have fields and strings', () => {
    expect(read(...TABLE)).toEqual([
      {
        type: 3,
        handle: 0x300,
        fields: Uint8Array.of(1, 2),
        strings: ['QEMU', 'pc'].map((text) => Uint8Array.from(Buffer.from(text))),
      },
      { type: 32, handle: 0x2000, fields: Uint8Array.of(7), strings: [] },
    ]);
  });

  it('are written as they were read', () => {
    const written = Buffer.concat(read(...TABLE).map(smbiosStructureBytes));
    expect(written.toString('hex')).toBe(Buffer.from(TABLE.subarray(0, -6)).toString('hex'));
  });

  it('end at the structure that says so', () => {
    expect(read(...END, 1, 2, 3)).toEqual([]);
  });

  it.each([
    ['a structure shorter than its header', [1, 3, 0, 0, 0, 0], 1],
    ['fields beyond the end', [1, 9, 0, 0, 0, 0], 4],
    ['a string without an end', [1, 4, 0, 0, 0x41], 5],
    ['an empty string', [1, 4, 0, 0, 0, 0x41, 0, 0], 4],
    ['no end of the table', [1, 4, 0, 0, 0, 0], 6],
  ])('with %s are refused', (_, bytes, offset) => {
    const error = expect.objectContaining({ name: 'FormatError', offset });
    expect(() => read(...bytes)).toThrow(error);
  });

  it('are read from any bytes, or refused with their place', () => {
    fc.assert(
      fc.property(fc.oneof(mutations(TABLE), fc.uint8Array({ maxLength: 300 })), (bytes) => {
        resultOrFormatError(() => read(...bytes));
      }),
    );
  });
});
