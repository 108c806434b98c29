import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readSections } from './firmware-section.ts';
import { findFirmwareVolumes, packedSections, readFirmwareVolumes } from './firmware-volume.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import {
  type MadeFile,
  makeLargeLzmaSection,
  makeLzmaSection,
  makeSection,
  makeSections,
  makeVolume,
} from './testing/make-firmware.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const VOLUME_IMAGE_FILE = 0x0b;
const RAW_SECTION = 0x19;
const VOLUME_IMAGE_SECTION = 0x17;
const NV_DATA = 'fff12b8d-7696-4c8b-a985-2747075b4f50';

const one = { name: '00000000-0000-0000-0000-000000000001', content: Uint8Array.of(1, 2, 3) };
const two = { name: '00000000-0000-0000-0000-000000000002', content: Uint8Array.of(4) };

function read(...pieces: readonly Uint8Array[]) {
  return readFirmwareVolumes(bytesSource('code.fd', Buffer.concat(pieces)));
}

function files(...made: readonly MadeFile[]) {
  return read(makeVolume({ files: made })).flatMap((volume) =>
    volume.files.map(({ name, type, content }) => {
      const cursor = content();
      return { name, type, content: [...cursor.take(cursor.remaining, 'content')] };
    }),
  );
}

it('what is packed in a firmware image is found as it stands there', () => {
  const packed = Buffer.from(makeLzmaSection(makeSection(RAW_SECTION, Uint8Array.of(1, 2, 3))));
  const plain = makeSection(RAW_SECTION, Uint8Array.of(4));
  const file = { ...one, type: VOLUME_IMAGE_FILE, content: makeSections(plain, packed) };
  const image = Buffer.from(makeVolume({ files: [two, file] }));
  const found = packedSections(bytesSource('code.fd', image)).map((section) =>
    Buffer.from(section),
  );
  expect(found.map((section) => image.includes(section))).toEqual([true]);
  expect(found.map((section) => packed.indexOf(section) + section.length)).toEqual([packed.length]);
});

describe('firmware volumes', () => {
  it('hold files', () => {
    expect(files(one, { ...two, type: 0x04 })).toEqual([
      { name: one.name, type: 0x07, content: [1, 2, 3] },
      { name: two.name, type: 0x04, content: [4] },
    ]);
  });

  it.each([
    ['with a long header', { isLarge: true }],
    ['with a checksum of its content', { hasChecksum: true }],
    ['that is being updated', { state: 0xf0 }],
  ])('hold a file %s', (_, how) => {
    expect(files({ ...one, ...how }, two).map(({ content }) => content)).toEqual([[1, 2, 3], [4]]);
  });

  it.each([
    ['padding', { type: 0xf0 }],
    ['deleted', { state: 0xe8 }],
    ['not written to its end', { state: 0xfc }],
    ['of a bad header', { state: 0xd8 }],
  ])('leave out a file that is %s', (_, how) => {
    expect(files({ ...one, ...how }, two).map(({ name }) => name)).toEqual([two.name]);
  });

  it('may have an extended header', () => {
    const [volume] = read(makeVolume({ files: [one], hasExtendedHeader: true }));
    expect(volume?.files).toHaveLength(1);
  });

  it('follow each other, with gaps', () => {
    const image = Buffer.concat([
      makeVolume({ files: [], fileSystem: NV_DATA, size: 8192 }),
      Buffer.alloc(4096),
      makeVolume({ files: [one] }),
    ]);
    const found = findFirmwareVolumes(bytesSource('code.fd', image));
    expect(found.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 8192],
      [12288, 4096],
    ]);
    // Variables are no files.
    expect(read(image)).toHaveLength(1);
  });

  it('hold volumes, compressed or not', () => {
    const inner = makeSection(VOLUME_IMAGE_SECTION, makeVolume({ files: [one] }), true);
    const innermost = makeSection(VOLUME_IMAGE_SECTION, makeVolume({ files: [two] }));
    const packed = makeLzmaSection(makeSections(makeSection(0x19, new Uint8Array(5)), innermost));
    const content = makeSections(inner, packed);
    const volumes = read(makeVolume({ files: [{ type: VOLUME_IMAGE_FILE, content }] }));
    expect(volumes.map((volume) => volume.files.map(({ name }) => name))).toEqual([
      ['11111111-2222-3333-4444-555555555555'],
      [one.name],
      [two.name],
    ]);
  });

  it('may not nest without end', () => {
    let volume = makeVolume({ files: [one] });
    for (let depth = 0; depth < 10; depth++) {
      const content = makeSection(VOLUME_IMAGE_SECTION, volume);
      volume = makeVolume({ files: [{ type: VOLUME_IMAGE_FILE, content }] });
    }
    expect(() => read(volume)).toThrow(/expected no further nesting/);
  });

  it('may not unpack to more than firmware has', () => {
    const large = makeLargeLzmaSection();
    const image = (size: number, ...sections: readonly Uint8Array[]) =>
      makeVolume({
        size,
        files: [{ type: VOLUME_IMAGE_FILE, content: makeSections(...sections) }],
      });
    expect(read(image(1 << 20, large))).toHaveLength(1);
    expect(() => read(image(1 << 20, large, large))).toThrow(
      `at most ${24 << 20} uncompressed bytes, found ${40 << 20}`,
    );
    // Compressed data in compressed data would make seconds of work out of some kilobytes.
    expect(() => read(image(0x4000, large))).toThrow(
      `at most ${64 * 0x4000} uncompressed bytes, found ${40 << 20}`,
    );
  });

  it('may not have more files or volumes than firmware has', () => {
    const many = Array.from({ length: 4097 }, () => ({ content: new Uint8Array(0) }));
    expect(() => read(makeVolume({ files: many }))).toThrow(/at most 4096 files/);
    const volume = makeSection(VOLUME_IMAGE_SECTION, makeVolume({ files: [] }));
    const content = makeSections(...Array.from({ length: 256 }, () => volume));
    expect(() => read(makeVolume({ files: [{ type: VOLUME_IMAGE_FILE, content }] }))).toThrow(
      /at most 256 volumes/,
    );
  });

  // The file's header starts at 72.
  it.each([
    ['its header sum', 72 + 18, 72 + 16],
    ['the checksum it has instead of one', 72 + 17, 72 + 17],
  ])('are refused where a file is wrong in %s', (_, at, offset) => {
    const volume = makeVolume({ files: [one] });
    volume[at] = 0x5a;
    expect(() => read(volume)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('are refused where the content of a file does not have its checksum', () => {
    const volume = makeVolume({ files: [{ ...one, hasChecksum: true }] });
    volume[72 + 24] = 0x5a;
    expect(() => read(volume)).toThrow(expect.objectContaining({ offset: 72 + 17 }));
  });

  it('give a FormatError or a result, whatever is changed', () => {
    const packed = makeLzmaSection(makeSection(VOLUME_IMAGE_SECTION, makeVolume({ files: [two] })));
    const image = makeVolume({ files: [one, { type: VOLUME_IMAGE_FILE, content: packed }, two] });
    fc.assert(
      fc.property(fc.oneof(mutations(image, 256), mutations(image)), (bytes) => {
        resultOrFormatError(() => read(bytes));
      }),
      { numRuns: 300 },
    );
  });
});

describe('sections', () => {
  const sections = (bytes: Uint8Array) => {
    const cursor = read(makeVolume({ files: [{ content: bytes }] }))[0]?.files[0]?.content();
    return (
      cursor && [...readSections(cursor)].map(({ type, content }) => [type, content.remaining])
    );
  };

  it('are aligned', () => {
    const bytes = makeSections(
      makeSection(0x19, new Uint8Array(5)),
      makeSection(0x15, new Uint8Array(2)),
      makeSection(0x10, new Uint8Array(8), true),
    );
    expect(sections(bytes)).toEqual([
      [0x19, 5],
      [0x15, 2],
      [0x10, 8],
    ]);
  });

  it.each([
    ['below its header', Uint8Array.of(3, 0, 0, 0x19)],
    ['beyond the end', Uint8Array.of(9, 0, 0, 0x19)],
  ])('of a size %s are refused', (_, bytes) => {
    expect(() => sections(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });
});

const { source } = openFixtures('launch', {});

/** What `virt-fw-dump --volume-hashes` (24.11) prints for the image, its variables left out. */
const VOLUME_HASHES = [
  '5821b8f3e3e2ced8c3f88fe52a4dce9150ed8bc1811dab4cfb6e761900228946',
  '86dfa77cb380ca0152711c13c34bb9d360fea1e73e6ca45e87b2b4f3f8527fa6',
  '2d90d2fecc41a85a213feaa8940df7e79f5bfa59953a7746cc8f1e69d61d6147',
  '53366d0d9c5f3822013459d7aea63670181a268df83ef29a67ffa170b66c8279',
];

describe.skipIf(FIXTURES_MISSING)(
  `the volumes that virt-fw-dump finds${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it('in OVMF.amdsev.2026.08.fd', () => {
      const found = readFirmwareVolumes(source('OVMF.amdsev.2026.08.fd')).map((volume) =>
        createHash('sha256').update(volume.source.read(0, volume.source.size)).digest('hex'),
      );
      expect(found).toEqual(VOLUME_HASHES);
    });
  },
);
