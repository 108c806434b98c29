import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readPe } from './pe.ts';
import { makePe } from './testing/make-pe.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const read = (bytes: Uint8Array) => readPe(bytesSource('test.efi', bytes));

describe('PE headers', () => {
  it('are read with the section table', () => {
    const pe = read(
      makePe({
        sections: [{ name: '.text', data: 'code', virtualSize: 0x2000 }, { name: '.data' }],
      }),
    );
    expect(pe).toMatchObject({
      format: 'PE32+',
      machine: 0x8664,
      subsystem: 10,
      checksumOffset: 0x80 + 24 + 64,
      certificateDirectoryOffset: 0x80 + 24 + 112 + 4 * 8,
      certificateTable: undefined,
      headerSize: 0x200,
      imageSize: 0x3000,
    });
    expect(pe.sections).toEqual([
      {
        index: 0,
        name: '.text',
        virtualSize: 0x2000,
        virtualAddress: 0x1000,
        rawSize: 0x200,
        rawOffset: 0x200,
      },
      {
        index: 1,
        name: '.data',
        virtualSize: 0,
        virtualAddress: 0x3000,
        rawSize: 0,
        rawOffset: 0x400,
      },
    ]);
  });

  it('of 32-bit images have their fields elsewhere', () => {
    const pe = read(makePe({ format: 'PE32', certificateTable: { offset: 0x10, size: 8 } }));
    expect(pe).toMatchObject({
      format: 'PE32',
      checksumOffset: 0x80 + 24 + 64,
      certificateDirectoryOffset: 0x80 + 24 + 96 + 4 * 8,
      certificateTable: { offset: 0x10, size: 8 },
    });
  });

  it('may have too few data directories for a certificate table', () => {
    const pe = read(makePe({ directories: 4, sections: [{ name: '.text', data: 'code' }] }));
    expect(pe.certificateDirectoryOffset).toBeUndefined();
    expect(pe.certificateTable).toBeUndefined();
  });

  it('may come without a DOS header', () => {
    const bytes = makePe({ sections: [{ name: '.text', data: 'x', rawSize: 0x400 }] });
    const headers = bytes.subarray(0x80, 0x200);
    const moved = new Uint8Array(bytes.length);
    moved.set(headers);
    moved.set(bytes.subarray(0x200), 0x200);
    expect(read(moved).sections).toHaveLength(1);
  });

  it('name sections with up to eight bytes and no NUL', () => {
    const names = ['.cmdline', '.profile', '/4', '', '.profile', '\xff\xfe'];
    const pe = read(makePe({ sections: names.map((name) => ({ name, data: name || '-' })) }));
    expect(pe.sections.map(({ name }) => name)).toEqual(names);
  });

  it('may list 65535 sections', () => {
    const sections = Array.from({ length: 0xffff }, () => ({ name: '.a', virtualSize: 1 }));
    expect(read(makePe({ sections })).sections).toHaveLength(0xffff);
  });

  it('do not need aligned sections', () => {
    const sections = [
      { name: '.a', data: 'abc', rawSize: 3, rawOffset: 0x201, virtualAddress: 0x1003 },
      { name: '.b', data: 'de', rawSize: 2, rawOffset: 0x204, virtualAddress: 0x1006 },
    ];
    expect(read(makePe({ sections })).sections).toMatchObject([{ rawSize: 3 }, { rawSize: 2 }]);
  });
});

describe('PE headers are refused', () => {
  const refusals: readonly (readonly [string, Uint8Array, string])[] = [
    ['where the file is empty', new Uint8Array(), 'at 0x0: expected 64 bytes of DOS header'],
    ['where there is no PE signature', new Uint8Array(0x200), 'at 0x0: expected PE signature'],
    ['where the DOS header points to itself', patched(0x3c, 0), 'at 0x0: expected PE signature'],
    ['where the PE header is beyond the file', patched(0x3c, 0xfffffff0), 'PE headers'],
    [
      'with another optional header',
      patched(0x98, 0x107),
      'at 0x98: expected PE32 (0x10b) or PE32+',
    ],
    ['with 17 data directories', patched(0x98 + 108, 17), 'at 0x104: expected at most 16'],
    ['whose optional header has another size', patched(0x94, 0xee), 'SizeOfOptionalHeader 0xf0'],
    ['that do not cover the section table', patched(0x98 + 60, 0x188), 'at 0xd4: expected SizeOf'],
    ['larger than the file', patched(0x98 + 60, 0x1000), 'SizeOfHeaders of at most 0x600'],
    ['larger than the image', patched(0x98 + 56, 0x200), 'SizeOfHeaders of at most 0x1ff'],
    ['where the image cannot hold them', patched(0x98 + 56, 0x180), 'at 0x86: expected sections'],
    ['with raw data in the headers', patched(0x188 + 20, 0x1ff), 'at 0x19c: expected PointerToRaw'],
    [
      'with a section over the headers',
      patched(0x188 + 12, 0),
      'at 0x194: expected VirtualAddress',
    ],
    ['with raw data beyond the file', patched(0x188 + 16, 0x1000), 'at 0x198: expected raw data'],
    [
      'with raw data around the end',
      patched(0x188 + 16, 0xffffffff),
      'at 0x198: expected raw data',
    ],
    [
      'with a section larger than the image',
      patched(0x188 + 8, 0x7fffffff),
      'at 0x190: expected a',
    ],
    [
      'with a certificate table beyond the file',
      makePe({ certificateTable: { offset: 0x200, size: 8 } }),
      'at 0x128: expected a certificate table that ends inside the file (0x200), found 0x208',
    ],
  ];

  it.each(refusals)('%s', (_, bytes, message) => {
    const result = resultOrFormatError(() => read(bytes));
    expect(result).toMatchObject({ message: expect.stringContaining(message) });
  });

  function patched(offset: number, value: number): Uint8Array {
    const bytes = Buffer.from(
      makePe({
        sections: [
          { name: '.a', data: 'a' },
          { name: '.b', data: 'b' },
        ],
      }),
    );
    if (offset === 0x94 || offset === 0x98) bytes.writeUInt16LE(value, offset);
    else bytes.writeUInt32LE(value, offset);
    return bytes;
  }
});

describe('any bytes', () => {
  it('give an image or a FormatError', () => {
    const bytes = makePe({
      sections: [
        { name: '.a', data: 'a' },
        { name: '.b', data: 'b' },
      ],
    });
    fc.assert(
      fc.property(mutations(bytes, 0x200), (mutated) => {
        resultOrFormatError(() => read(mutated));
      }),
      { numRuns: 2000 },
    );
  });
});
