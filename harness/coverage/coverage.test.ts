import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { fatImageBytes } from '../formats/testing/disk-images.ts';
import { makeGptDisk } from '../formats/testing/make-gpt.ts';
import { diskCoverage } from './coverage.ts';
import { expectTiling } from './testing/expect-tiling.ts';
import { makeVerityDisk } from './testing/made-disk.ts';

const UKI = '/EFI/BOOT/BOOTX64.EFI';
const made = makeVerityDisk();
const coverageOf = (bytes: Uint8Array) => diskCoverage(bytesSource('disk.raw', bytes), undefined);

/** What protects the bytes that a text begins. */
function protectionAt(bytes: Uint8Array, text: string | number) {
  const at = typeof text === 'number' ? text : Buffer.from(bytes).indexOf(text);
  const { regions } = coverageOf(bytes);
  return regions.find(({ start, end }) => start <= at && at < end);
}

describe('the map of a disk', { timeout: 60_000 }, () => {
  it('covers every byte once, and counts them', () => {
    const { regions, unprotectedBytes, unprotected } = coverageOf(made.bytes);
    expectTiling(regions, { start: 0, end: made.bytes.length });
    const bytes = unprotected.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(unprotectedBytes).toBe(bytes);
    expect(unprotectedBytes).toBeLessThan(made.bytes.length);
  });

  // TCG PC Client PFP 1.06, 10.2.5: 92 bytes of the header, and the entries in use.
  it.each([
    ['the header', 512, ['PCR 5']],
    ['behind the 92 bytes of the header', 512 + 92, []],
    ['the last entry in use', 1024 + 3 * 128 - 1, ['PCR 5']],
    ['an entry that is not in use', 1024 + 3 * 128, []],
    ['the backup header', made.bytes.length - 512, []],
    ['code of the MBR', 0, []],
  ])('says what protects the partition table: %s', (_, at, detectedBy) => {
    expect(protectionAt(made.bytes, at)?.detectedBy).toEqual(detectedBy);
  });

  it.each([
    ['ID=test', '.osrel', ['PCR 4', 'PCR 9', 'PCR 11']],
    ['quiet roothash', '.cmdline', ['PCR 4', 'PCR 11']],
    ['Linux initrd', '.linux', ['PCR 4', 'PCR 11']],
    ['secret', 'content', ['PCR 9', 'PCR 12']],
    ['more', '.cmdline', ['PCR 4', 'PCR 12']],
    ['nobody reads this', 'content', []],
  ])('says what protects a file: %s', (text, what, detectedBy) => {
    expect(protectionAt(made.bytes, text)).toMatchObject({ what, detectedBy });
  });

  it('tells padding, certificates and slack of a UKI apart', () => {
    const { regions } = coverageOf(made.bytes);
    const of = (what: string) => regions.find((one) => one.file === UKI && one.what === what);
    expect(of('padding of .osrel')?.detectedBy).toEqual(['PCR 4']);
    expect(of('CheckSum')).toMatchObject({ detectedBy: [], when: 'never' });
    expect(of('certificate table')?.detectedBy).toEqual([]);
    expect(of('slack behind the end of the file')?.detectedBy).toEqual([]);
    expect(of('file entry: times')?.detectedBy).toEqual([]);
    expect(of('file entry: name, place and size')).toMatchObject({ detectedBy: ['PCR 4'] });
  });

  it('knows dm-verity by the root hash of the command line', () => {
    expect(protectionAt(made.bytes, made.data)).toMatchObject({
      detectedBy: ['dm-verity'],
      when: 'on read',
    });
    expect(protectionAt(made.bytes, made.data + 40 * 512)?.detectedBy).toEqual([]);
    expect(protectionAt(made.bytes, made.hash + 16)?.what).toBe('root verity superblock: UUID');
    expect(protectionAt(made.bytes, made.hash + 512)?.what).toBe('root hash tree level 1');
    const without = makeVerityDisk(false);
    expect(protectionAt(without.bytes, without.data)).toMatchObject({
      detectedBy: [],
      mayBeUsed: true,
    });
  });

  it('is made of a disk from which nothing boots, too', () => {
    const disk = makeGptDisk({ partitions: [{ first: 64, last: 100 }] });
    const { regions, problem } = coverageOf(disk);
    expect(problem).toBe('disk.raw has no partition with \\EFI\\BOOT\\BOOTX64.EFI');
    expectTiling(regions, { start: 0, end: disk.length });
  });

  it.each([12, 16, 32] as const)('covers a FAT%d volume that mkfs.vfat made', (bits) => {
    const volume = fatImageBytes(bits);
    const last = 64 + volume.length / 512 - 1;
    const disk = makeGptDisk({ sectors: last + 80, partitions: [{ first: 64, last }] });
    disk.set(volume, 64 * 512);
    expectTiling(coverageOf(disk).regions, { start: 0, end: disk.length });
  });

  it('covers or refuses every disk, whatever was done to it', () => {
    const places = fc.oneof(fc.nat(made.bytes.length - 1), fc.nat({ max: 40_000 }));
    const changes = fc.array(fc.tuple(places, fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(200_000), (bytes, cutOff) => {
        const disk = made.bytes.slice(0, Math.max(0, made.bytes.length - (cutOff % 7) * cutOff));
        for (const [at, value] of bytes) disk[at] = value;
        try {
          expectTiling(coverageOf(disk).regions, { start: 0, end: disk.length });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
