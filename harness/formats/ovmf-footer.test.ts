import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { bytesSource } from '../bytes/source.ts';
import { FOOTER_GUIDS, readOvmfFooter } from './ovmf-footer.ts';
import { readOvmfSev } from './ovmf-sev.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const FOOTER = '96b582de-1fb2-45f7-baea-a366c55a082d';

type Entry = readonly [guid: string, data: Uint8Array];

/** An image with a footer table: OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm. */
function image(
  entries: readonly Entry[],
  how: { readonly tableSize?: number; readonly before?: Uint8Array } = {},
) {
  const { tableSize, before = new Uint8Array(64) } = how;
  const made = entries.map(([guid, data]) => withTrailer(data, data.length + 18, guid));
  const size = tableSize ?? made.reduce((sum, entry) => sum + entry.length, 18);
  return Buffer.concat([
    before,
    ...made,
    withTrailer(new Uint8Array(0), size, FOOTER),
    Buffer.alloc(32, 0x90),
  ]);
}

function withTrailer(data: Uint8Array, size: number, guid: string): Buffer {
  return Buffer.concat([data, Uint8Array.of(size & 0xff, size >> 8), guidBytes(guid)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}

function read(bytes: Uint8Array) {
  const source = bytesSource('code.fd', new Uint8Array(bytes));
  const footer = readOvmfFooter(source);
  return { footer, sev: readOvmfSev(source, footer) };
}

describe('the footer table', () => {
  const other = '11111111-2222-3333-4444-555555555555';

  it('is read backwards', () => {
    const { footer } = read(
      image([
        [other, Uint8Array.of(1)],
        [FOOTER_GUIDS.sevEsReset, words(2)],
      ]),
    );
    expect(footer).toEqual([
      { guid: FOOTER_GUIDS.sevEsReset, data: new Uint8Array(words(2)), offset: 64 + 19 },
      { guid: other, data: Uint8Array.of(1), offset: 64 },
    ]);
  });

  it.each([
    ['without a table', Buffer.alloc(256)],
    ['too short for one', Buffer.alloc(49)],
    ['with an empty table', image([])],
  ])('of an image %s is empty', (_, bytes) => {
    expect(read(bytes)).toEqual({
      footer: [],
      sev: { hashTable: undefined, secret: undefined, apResetEip: undefined, sections: undefined },
    });
  });

  it.each([
    ['larger than the image', { tableSize: 0x7fff }],
    ['smaller than itself', { tableSize: 17 }],
    ['that cuts an entry', { tableSize: 18 + 20 }],
  ])('of a size %s is refused', (_, how) => {
    expect(() => read(image([[other, words(1)]], how))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('with an entry of size 0 is refused', () => {
    const bytes = image([[other, words(1)]]);
    bytes.writeUInt16LE(0, 64 + 4);
    expect(() => read(bytes)).toThrow(expect.objectContaining({ offset: 64 + 4 }));
  });
});

describe('what an image says about SEV', () => {
  // Header, a section of memory and the page for the hashes; the metadata is the image's first 40 bytes.
  const metadata = Buffer.concat([
    Buffer.from('ASEV'),
    words(40, 1, 2, 0x800000, 0x9000, 1, 0x810000, 0x1000, 0x10),
  ]);
  const withMetadata = (changed: Uint8Array = metadata) => {
    const entry = (fromEnd: number): Entry => [FOOTER_GUIDS.sevMetadata, words(fromEnd)];
    const size = image([entry(0)], { before: changed }).length;
    return image([entry(size)], { before: changed });
  };

  it('is where hashes, secret and other vCPUs go', () => {
    const bytes = image([
      [FOOTER_GUIDS.sevHashTable, words(0x810c00, 0x400)],
      [FOOTER_GUIDS.sevSecret, words(0x810000, 0xc00)],
      [FOOTER_GUIDS.sevEsReset, words(0x80b004)],
    ]);
    expect(read(bytes).sev).toEqual({
      hashTable: { base: 0x810c00, size: 0x400 },
      secret: { base: 0x810000, size: 0xc00 },
      apResetEip: 0x80b004,
      sections: undefined,
    });
  });

  it('may be that there is no area', () => {
    expect(read(image([[FOOTER_GUIDS.sevHashTable, words(0, 0)]])).sev.hashTable).toBeUndefined();
  });

  it('is what is measured, in the order of the file', () => {
    expect(read(withMetadata()).sev.sections).toEqual([
      { base: 0x800000, size: 0x9000, type: 1 },
      { base: 0x810000, size: 0x1000, type: 0x10 },
    ]);
  });

  it.each([
    ['signature', 0],
    ['length', 4],
    ['version', 8],
  ])('is refused for a wrong %s of the metadata', (_, offset) => {
    const changed = Buffer.from(metadata);
    changed[offset] = 0x55;
    expect(() => read(withMetadata(changed))).toThrow(expect.objectContaining({ offset }));
  });

  it('is refused where the metadata is elsewhere than in the image', () => {
    const bytes = image([[FOOTER_GUIDS.sevMetadata, words(0x7fffffff)]]);
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('gives a FormatError or a result, whatever is changed', () => {
    fc.assert(
      fc.property(mutations(new Uint8Array(withMetadata())), (bytes) => {
        resultOrFormatError(() => read(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

const { source } = openFixtures('launch', {});

describe.skipIf(FIXTURES_MISSING)(
  `what virt-fw-dump says of an image${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it('is what is read of OVMF.amdsev.2026.08.fd', () => {
      const fd = source('OVMF.amdsev.2026.08.fd');
      const footer = readOvmfFooter(fd);
      expect(footer.map(({ guid }) => guid)).toEqual([
        FOOTER_GUIDS.sevEsReset,
        FOOTER_GUIDS.sevSecret,
        FOOTER_GUIDS.sevHashTable,
        FOOTER_GUIDS.sevMetadata,
        FOOTER_GUIDS.tdxMetadata,
        '784fa70e-3176-4677-8a20-04b68699e374',
      ]);
      expect(readOvmfSev(fd, footer)).toEqual({
        hashTable: { base: 0x810c00, size: 0x400 },
        secret: { base: 0x810000, size: 0xc00 },
        apResetEip: 0x80b004,
        sections: [
          { base: 0x800000, size: 0x9000, type: 1 },
          { base: 0x80a000, size: 0x3000, type: 1 },
          { base: 0x80d000, size: 0x1000, type: 2 },
          { base: 0x80e000, size: 0x1000, type: 3 },
          { base: 0x80f000, size: 0x1000, type: 4 },
          { base: 0x811000, size: 0x1f000, type: 1 },
          { base: 0x810000, size: 0x1000, type: 0x10 },
        ],
      });
    });
  },
);
