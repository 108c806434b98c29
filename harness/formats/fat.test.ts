import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource, chunksOf } from '../bytes/source.ts';
import { type FatVolume, fileRuns, findEntry, listDirectory, openFat, openFile } from './fat.ts';
import { foldName } from './fat-name.ts';
import { fatImage, fatImageBytes } from './testing/disk-images.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const LONG_DIRECTORY = 'EFI/a directory with a long name';
const LONG_NAME = 'Ünïcödé entry with a name of more than 26 letters.conf';

/** What the images were made with: `yes 'BOOTX64 ' | head -c 70000` and another. */
const BOOT = 'BOOTX64 \n'.repeat(7778).slice(0, 70000);
const CONF = 'a line of the loader configuration\n'.repeat(86).slice(0, 3000);

function names(volume: FatVolume, path: string) {
  return listDirectory(volume, path)?.map(({ name }) => name);
}

function text(volume: FatVolume, path: string): string | undefined {
  const file = openFile(volume, path);
  return file && Buffer.concat([...chunksOf(file, 0, file.size, 'file')]).toString();
}

describe.each([12, 16, 32] as const)('a FAT%i volume as mkfs.vfat makes it', (bits) => {
  const volume = openFat(fatImage(bits));

  it('is told by its number of clusters', () => {
    // As fsck.vfat counts them.
    const clusters = { 12: 2847, 16: 8095, 32: 68528 }[bits];
    expect(volume.geometry).toMatchObject({ bits, clusters, clusterBytes: 512 });
  });

  it('lists directories', () => {
    expect(names(volume, '')).toEqual(['EFI', 'loader', 'empty.txt']);
    expect(names(volume, '/EFI')).toEqual(['BOOT', 'a directory with a long name']);
    expect(names(volume, '\\loader\\')).toEqual(['frag2.con', 'frag4.con']);
    expect(names(volume, LONG_DIRECTORY)).toEqual([LONG_NAME]);
  });

  it('finds files whatever their case, by long and by short name', () => {
    const paths = [
      `${LONG_DIRECTORY}/${LONG_NAME}`,
      `\\efi\\A DIRECTORY with a long name\\${LONG_NAME.toUpperCase()}`,
      `EFI/ADIREC~1/${LONG_NAME}`,
    ];
    for (const path of paths) expect(findEntry(volume, path)?.name).toBe(LONG_NAME);
  });

  it('reads files, in pieces too', () => {
    const boot = findEntry(volume, '/EFI/BOOT/BOOTX64.EFI');
    expect(boot).toMatchObject({ size: 70000, isDirectory: false, isReadOnly: false });
    // Two deleted files left room in front, which mtools does not fill on FAT32.
    expect(boot && fileRuns(volume, boot)).toHaveLength(bits === 32 ? 1 : 3);
    expect(text(volume, '\\EFI\\BOOT\\BOOTX64.EFI')).toBe(BOOT);
    expect(text(volume, `${LONG_DIRECTORY}/${LONG_NAME}`)).toBe(CONF);
    expect(text(volume, 'empty.txt')).toBe('');
  });

  it('has no files that are not there', () => {
    for (const path of ['EFI/none', 'none/BOOT', 'empty.txt/x', 'EFI', '']) {
      expect(openFile(volume, path)).toBeUndefined();
    }
    expect(listDirectory(volume, 'empty.txt')).toBeUndefined();
    expect(listDirectory(volume, 'loader/none')).toBeUndefined();
  });
});

describe('a damaged FAT volume', () => {
  const image = fatImageBytes(12);
  const TABLE = 512;
  const read = (bytes: Uint8Array) => openFat(bytesSource('esp.img', bytes));
  const bootCluster = findEntry(read(image), 'EFI/BOOT/BOOTX64.EFI')?.cluster ?? 0;

  /** Writes a 12-bit entry of the first table. */
  function withEntry(cluster: number, value: number): Uint8Array {
    const copy = Uint8Array.from(image);
    const at = TABLE + Math.floor(cluster * 1.5);
    const view = new DataView(copy.buffer);
    const old = view.getUint16(at, true);
    const odd = cluster % 2 === 1;
    view.setUint16(at, odd ? (old & 0xf) | (value << 4) : (old & 0xf000) | value, true);
    return copy;
  }

  it.each([
    ['to itself', 0],
    ['to an earlier cluster', -3],
  ])('with a chain that leads back %s is found out', (_, step) => {
    const from = bootCluster + 5;
    const volume = read(withEntry(from, from + step));
    expect(() => openFile(volume, 'EFI/BOOT/BOOTX64.EFI')).toThrow(
      /expected a chain without a loop/,
    );
  });

  it.each([
    ['ends early', 0xfff],
    ['leads to a free cluster', 0],
    ['leads to a bad cluster', 0xff7],
    ['leaves the volume', 2849],
  ])('with a chain that %s is found out', (_, value) => {
    const volume = read(withEntry(bootCluster, value));
    expect(() => openFile(volume, 'EFI/BOOT/BOOTX64.EFI')).toThrow(
      expect.objectContaining({
        name: 'FormatError',
        offset: TABLE + Math.floor(bootCluster * 1.5),
        expected: 'a cluster from 2 to 2848 in a chain',
      }),
    );
  });

  it('with a directory that leads back to itself is found out', () => {
    const cluster = findEntry(read(image), 'EFI')?.cluster ?? 0;
    expect(() => listDirectory(read(withEntry(cluster, cluster)), 'EFI')).toThrow(/without a loop/);
  });

  it('with a directory that leads behind the volume ends there', () => {
    const cluster = findEntry(read(image), 'EFI')?.cluster ?? 0;
    const list = (value: number) => listDirectory(read(withEntry(cluster, value)), 'EFI');
    expect(list(0xdff)).toEqual(listDirectory(read(image), 'EFI'));
    expect(() => list(0xff7)).toThrow(/expected a cluster from 2 to/);
  });

  it('that says it is larger than its partition is read as far as it goes', () => {
    const copy = Uint8Array.from(image);
    copy.set([0x41, 0x0b], 19);
    expect(read(copy).geometry).toEqual(read(image).geometry);
    expect(listDirectory(read(copy), 'EFI')).toEqual(listDirectory(read(image), 'EFI'));
  });

  it.each([
    ['sector size', 11, [0, 3]],
    ['cluster size', 13, [3]],
    ['cluster size', 13, [0]],
    ['reserved sectors', 14, [0, 0]],
    ['number of tables', 16, [0]],
    ['number of root entries', 17, [0, 0]],
    ['number of sectors', 19, [1, 0]],
    ['media type', 21, [0x12]],
    ['number of clusters for FAT32', 22, [0, 0]],
  ])('is refused for its %s', (_, offset, bytes) => {
    const copy = Uint8Array.from(image);
    copy.set(bytes, offset);
    expect(() => read(copy)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it.each([0, 511, 4096])('is refused when cut to %i bytes', (length) => {
    expect(() => read(image.subarray(0, length))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('gives a FormatError or a result, whatever is changed', () => {
    fc.assert(
      fc.property(fc.oneof(mutations(image, 512), mutations(image, 0x6000)), (bytes) => {
        resultOrFormatError(() => {
          const volume = read(bytes);
          for (const path of ['', 'EFI', 'loader', LONG_DIRECTORY]) listDirectory(volume, path);
          text(volume, 'EFI/BOOT/BOOTX64.EFI');
          text(volume, `${LONG_DIRECTORY}/${LONG_NAME}`);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('long names', () => {
  const image = fatImageBytes(16);
  const volume = openFat(bytesSource('esp.img', image));
  const directory = findEntry(volume, LONG_DIRECTORY);
  const [run] = directory === undefined ? [] : fileRuns(volume, { ...directory, size: 512 });
  const entries = run?.offset ?? 0;

  /** The directory's file after its long name was changed at an offset. */
  function nameAfter(offset: number, value: number) {
    const copy = Uint8Array.from(image);
    copy[entries + offset] = value;
    return names(openFat(bytesSource('esp.img', copy)), LONG_DIRECTORY);
  }

  // `.`, `..`, five entries of the long name, the short name.
  const LAST_PART = 2 * 32;

  it.each([
    ['checksum', LAST_PART + 13, 0],
    ['order', LAST_PART + 32, 3],
    ['end', LAST_PART, 5],
    ['zero field', LAST_PART + 26, 1],
    ['deleted part', LAST_PART + 32, 0xe5],
  ])('are not believed after a wrong %s', (_, offset, value) => {
    expect(nameAfter(offset, value)).toEqual(['\u009aN\u00d8C\u0099D~1.CON']);
  });

  it('compare as in the firmware', () => {
    // edk2, EnglishDxe: Latin-1 letters have an upper case; ÷, ß and ÿ have none.
    expect(foldName('boot÷äöüßÿœ.Efi')).toBe('BOOT÷ÄÖÜßÿœ.EFI');
  });
});

describe('a large file', () => {
  it('costs what is read of it', () => {
    const image = fatImageBytes(32);
    let bytesRead = 0;
    const volume = openFat({
      name: 'esp.img',
      size: image.length,
      read: (offset, length) => {
        bytesRead += length;
        return image.subarray(offset, offset + length);
      },
    });
    const file = openFile(volume, 'EFI/BOOT/BOOTX64.EFI');
    const whileOpening = bytesRead;
    expect(whileOpening).toBeLessThan(300_000);
    expect(file?.read(65_000, 8)).toEqual(Buffer.from(BOOT.slice(65_000, 65_008)));
    expect(bytesRead - whileOpening).toBe(8);
  });
});
