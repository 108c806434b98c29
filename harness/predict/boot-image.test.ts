import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { fatImageBytes } from '../formats/testing/disk-images.ts';
import { makeGptDisk } from '../formats/testing/make-gpt.ts';
import { findBootImage } from './boot-image.ts';

const SECTOR = 512;

/** A disk whose first partition holds nothing, and whose second holds mkfs.vfat's volume. */
function bootDisk(): Uint8Array {
  const volume = fatImageBytes(12);
  const first = 64;
  const last = first + volume.length / SECTOR - 1;
  const disk = makeGptDisk({
    sectors: last + 64,
    partitions: [
      { first: 40, last: 47 },
      { first, last },
    ],
  });
  disk.set(volume, first * SECTOR);
  return disk;
}

function find(disk: Uint8Array) {
  const boot = { kind: 'disk', path: 'disk.raw', format: 'raw' } as const;
  return findBootImage(boot, (path) => bytesSource(path, disk));
}

describe('the firmware boots', () => {
  it('the default boot file of the first partition that has one', () => {
    const { source, path, boot, place } = find(bootDisk());
    expect(source.size).toBe(70000);
    expect({ path, boot }).toEqual({ path: '\\EFI\\BOOT\\BOOTX64.EFI', boot: 'disk' });
    expect(place?.gpt.partitions).toHaveLength(2);
  });

  it('what QEMU hands over', () => {
    const boot = { kind: 'kernel', kernel: 'K', initrd: 'I', cmdline: 'quiet' } as const;
    const image = findBootImage(boot, (path) => bytesSource(path, new Uint8Array(1)));
    expect(image).toMatchObject({ boot: 'kernel', path: '-kernel', commandLine: 'quiet' });
    expect([image.source.name, image.initrd?.name]).toEqual(['K', 'I']);
  });

  it('nothing of a disk without a default boot file', () => {
    const disk = makeGptDisk({ partitions: [{ first: 40, last: 47 }] });
    expect(() => find(disk)).toThrow('disk.raw has no partition with \\EFI\\BOOT\\BOOTX64.EFI');
  });

  it('nothing of an ESP that it does not mount, and that is said', () => {
    const type = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
    const disk = makeGptDisk({ partitions: [{ first: 40, last: 47, type }] });
    expect(() => find(disk)).toThrow(
      'BOOTX64.EFI; its ESP is not mounted: disk.raw (partition 1): at 0xb: expected sector size of a FAT',
    );
  });

  it('no disk in the format of qcow2', () => {
    const disk = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), new Uint8Array(1024)]);
    expect(() => find(disk)).toThrow(
      'disk.raw: at 0x0: expected a raw disk image, found a qcow2 image',
    );
  });

  it('without reading what lies elsewhere on the disk', () => {
    const disk = bootDisk();
    let read = 0;
    const source = bytesSource('disk.raw', disk);
    const counting = {
      ...source,
      size: 100 * 2 ** 30,
      read: (offset: number, length: number) => {
        read += length;
        return source.read(offset, length);
      },
    };
    findBootImage({ kind: 'disk', path: 'disk.raw', format: 'raw' }, () => counting);
    expect(read).toBeLessThan(64 * 1024);
  });
});
