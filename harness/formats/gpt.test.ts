import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readGpt } from './gpt.ts';
import { EFI_SYSTEM_PARTITION } from './gpt-partition.ts';
import { gptDiskBytes } from './testing/disk-images.ts';
import { fixHeaderCrc, type MadePartition, makeGptDisk } from './testing/make-gpt.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

function read(bytes: Uint8Array) {
  return readGpt(bytesSource('disk.raw', bytes));
}

/** A copy of the disk with other bytes at an offset. */
function changed(disk: Uint8Array, offset: number, ...bytes: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(disk);
  copy.set(bytes, offset);
  return copy;
}

describe('the partition table of a disk', () => {
  const disk = gptDiskBytes();
  const LAST_HEADER = disk.length - 512;

  // What `sfdisk -J` says of the same disk.
  const expected = [
    {
      number: 1,
      type: EFI_SYSTEM_PARTITION,
      guid: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      firstLba: 40,
      sectors: 64,
      offset: 40 * 512,
      size: 64 * 512,
      attributes: 0n,
      name: 'esp',
    },
    {
      number: 2,
      type: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
      guid: '01234567-89ab-cdef-0123-456789abcdef',
      firstLba: 104,
      sectors: 100,
      offset: 104 * 512,
      size: 100 * 512,
      attributes: 1n << 60n,
      name: 'root-ä',
    },
  ];

  it('is read as sfdisk made it', () => {
    const gpt = read(disk);
    expect(gpt).toMatchObject({ table: 'primary', sectorBytes: 512, partitions: expected });
    expect(gpt.header.diskGuid).toBe('11111111-2222-3333-4444-555555555555');
    expect(gpt.entries).toHaveLength(128);
  });

  it.each([
    ['header', 512 + 60],
    ['header checksum', 512 + 16],
    ['entries', 1024 + 4],
    ['signature', 512],
  ])('is read from the backup where the %s of the primary is damaged', (_, offset) => {
    const gpt = read(changed(disk, offset, 0x5a));
    expect(gpt).toMatchObject({ table: 'backup', partitions: expected });
    expect(gpt.header.lba).toBe(disk.length / 512 - 1);
  });

  it('needs no sound backup', () => {
    expect(read(changed(disk, LAST_HEADER, 0)).table).toBe('primary');
  });

  it('may have sectors of 4096 bytes', () => {
    const partitions = [{ first: 6, last: 9, name: 'a' }];
    const gpt = read(makeGptDisk({ sectorBytes: 4096, sectors: 32, partitions }));
    expect(gpt.sectorBytes).toBe(4096);
    expect(gpt.partitions).toMatchObject([{ offset: 6 * 4096, size: 4 * 4096, name: 'a' }]);
  });

  it('is the backup of a disk with sectors of 4096 bytes too', () => {
    const partitions = [{ first: 6, last: 9 }];
    const large = makeGptDisk({ sectorBytes: 4096, sectors: 32, partitions });
    expect(read(changed(large, 4096, 0))).toMatchObject({ table: 'backup', sectorBytes: 4096 });
  });

  it.each([
    ['no protective MBR', changed(disk, 446 + 4, 0x83), 446],
    ['a protective MBR that starts elsewhere', changed(disk, 446 + 8, 2), 446],
    ['an empty disk', new Uint8Array(0), 0],
    ['a disk without tables', changed(changed(disk, 512, 0), LAST_HEADER, 0), 512],
  ])('is refused on %s', (_, bytes, offset) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it.each([
    ['revision', 8, [1, 0, 2, 0]],
    ['header size', 12, [91, 0, 0, 0]],
    ['header size', 12, [1, 2, 0, 0]],
    ['own LBA', 24, [2]],
    ['number of entries', 80, [0, 0, 0, 0]],
    ['number of entries', 80, [0xff, 0xff, 0xff, 0xff]],
    ['entry size', 84, [64, 0, 0, 0]],
    ['entry size', 84, [192, 0, 0, 0]],
    ['checksum of the entries', 88, [0]],
    ['place of the entries', 72, [0xff, 0xff, 0xff, 0xff]],
  ])('is refused for its %s', (_, field, bytes) => {
    const damaged = changed(changed(disk, 512 + field, ...bytes), LAST_HEADER, 0);
    fixHeaderCrc(damaged, 512);
    expect(() => read(damaged)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('gives a FormatError or a result, whatever is changed', () => {
    const small = makeGptDisk({ sectors: 96, partitions: [{ first: 40, last: 50 }] });
    fc.assert(
      fc.property(fc.oneof(mutations(small, 1200), mutations(small)), (bytes) => {
        resultOrFormatError(() => read(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

describe('partitions', () => {
  const numbers = (...partitions: readonly MadePartition[]) =>
    read(makeGptDisk({ partitions })).partitions.map(({ number }) => number);

  it.each([
    ['before the usable range', { first: 33, last: 60 }],
    ['behind the usable range', { first: 60, last: 223 }],
    ['that end before they start', { first: 60, last: 59 }],
    ['without a block device', { first: 60, last: 61, attributes: 2n }],
  ])('%s are not offered', (_, partition) => {
    expect(numbers(partition, { first: 70, last: 70 })).toEqual([2]);
  });

  it('that overlap are not offered', () => {
    const around = { first: 50, last: 100 };
    expect(numbers(around, { first: 60, last: 61 }, { first: 90, last: 90 })).toEqual([]);
    expect(numbers({ first: 101, last: 110 }, around, { first: 110, last: 120 })).toEqual([2]);
  });

  it('overlap as every pair of them does', () => {
    const partition = fc
      .tuple(fc.integer({ min: 34, max: 80 }), fc.nat({ max: 8 }))
      .map(([first, length]) => ({ first, last: first + length }));
    fc.assert(
      fc.property(fc.array(partition, { maxLength: 10 }), (partitions) => {
        const alone = partitions.flatMap((one, index) =>
          partitions.some(
            (other, at) => at !== index && other.first <= one.last && one.first <= other.last,
          )
            ? []
            : [index + 1],
        );
        expect(numbers(...partitions)).toEqual(alone);
      }),
    );
  });

  it('keep a name that fills its field', () => {
    const name = 'n'.repeat(36);
    const { partitions } = read(makeGptDisk({ partitions: [{ first: 40, last: 40, name }] }));
    expect(partitions[0]?.name).toBe(name);
  });
});
