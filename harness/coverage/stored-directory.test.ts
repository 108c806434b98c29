import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { openFat } from '../formats/fat.ts';
import { fatImage } from '../formats/testing/disk-images.ts';
import { makeFat } from '../formats/testing/make-fat.ts';
import { storedDirectories } from './stored-directory.ts';

const walk = (bytes: Uint8Array) => storedDirectories(openFat(bytesSource('fat', bytes)));

describe('the directories of a FAT volume', () => {
  it.each([12, 16, 32] as const)('are found on a FAT%d volume that mkfs.vfat made', (bits) => {
    const directories = storedDirectories(openFat(fatImage(bits)));
    const paths = directories.flatMap(({ entries }) => entries.map(({ path }) => path));
    expect(paths).toContain('/EFI/BOOT/BOOTX64.EFI');
    expect(paths).toContain('/empty.txt');
  });

  it('are listed once where one is in itself', () => {
    const made = Buffer.from(makeFat({ 'a/b/file': 'text' }));
    // Two entries have this short name; the second one is led to the cluster of the first.
    const entry = made.indexOf('F0000001   ', made.indexOf('F0000001   ') + 1);
    const clusterOfA = made.readUInt16LE(made.indexOf('F0000001   ') + 26);
    made.writeUInt16LE(clusterOfA, entry + 26);
    expect(walk(made).length).toBeLessThanOrEqual(3);
  });

  it('give no clusters to files that together have more than there are', () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`f${index}`, Buffer.alloc(512 * 100, 'x')]),
    );
    const made = Buffer.from(makeFat({ ...files }));
    const first = made.readUInt16LE(made.indexOf('F0000001   ') + 26);
    for (let at = made.indexOf('F00000'); at >= 0; at = made.indexOf('F00000', at + 1)) {
      if (made.readUInt8(at + 11) === 0) made.writeUInt16LE(first, at + 26);
    }
    const runs = walk(made).flatMap(({ entries }) => entries.flatMap((entry) => entry.runs));
    const bytes = runs.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(made.length);
  });
});
