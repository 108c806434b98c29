import { type ByteSource, bytesSource } from '../../../harness/bytes/source.ts';
import { erofsFlatRuns, readErofs } from '../../../harness/formats/erofs.ts';
import {
  fileRuns,
  findEntry,
  listDirectory,
  openFat,
  openFile,
} from '../../../harness/formats/fat.ts';
import { readGpt } from '../../../harness/formats/gpt.ts';
import { isQcow2, requireWholeQcow2 } from '../../../harness/formats/qcow2.ts';
import { gptDiskBytes } from '../../../harness/formats/testing/disk-images.ts';
import { makeFat } from '../../../harness/formats/testing/make-fat.ts';
import { makeGptDisk } from '../../../harness/formats/testing/make-gpt.ts';
import { makeQcow2Header } from '../../../harness/formats/testing/make-qcow2.ts';
import { repairGpt } from '../repair-gpt.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, guids } from '../words.ts';

/** What a sparse file can claim beside its bytes. */
const SPARSE_BYTES = 1 << 30;

/** Directories that are gone into, and bytes of each file that are read. */
const DEPTH = 4;
const READ_BYTES = 0x10000;

/** Readers of disks and file systems. */
export const DISK_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'gpt',
    covers: ['readGpt', 'readGptHeader'],
    made: () => [
      makeGptDisk({ sectors: 68, partitions: [{ first: 34, last: 34, name: 'one' }] }),
      makeGptDisk({
        sectors: 80,
        partitions: [
          { first: 34, last: 40 },
          { first: 41, last: 45, attributes: 2n },
        ],
      }),
      makeGptDisk({ sectorBytes: 4096, sectors: 16, partitions: [{ first: 6, last: 7 }] }),
      gptDiskBytes().subarray(0, 34 * 512),
    ],
    words: [...ascii('EFI PART'), ...guids('c12a7328-f81f-11d2-ba4b-00a0c93ec93b')],
    repair: repairGpt,
    read: (bytes) => readGpt(bytesSource('disk', bytes)),
  },
  {
    name: 'qcow2',
    covers: ['isQcow2', 'requireWholeQcow2'],
    made: () => [makeQcow2Header({ size: 1n << 30n }), makeQcow2Header({ version: 2 })],
    read: (bytes) => {
      const source = bytesSource('disk.qcow2', bytes);
      return [isQcow2(source), requireWholeQcow2(source)];
    },
  },
  {
    name: 'fat',
    covers: ['openFat', 'readFatGeometry', 'findEntry', 'openFile', 'readDirectory'],
    made: () => [
      makeFat({ 'EFI/BOOT/BOOTX64.EFI': 'x'.repeat(3000), 'a long name.txt': 'text' }, 100),
      makeFat({ 'a/b/c/d/e': 'deep', loader: '' }, 60),
    ],
    read: readFat,
  },
  {
    name: 'fat-sparse',
    covers: [],
    made: () => [fat32(), makeFat({ 'EFI/BOOT/BOOTX64.EFI': 'x'.repeat(3000) }, 60)],
    read: (bytes) => walkFat(sparse(bytes)),
  },
  {
    name: 'erofs',
    covers: ['readErofs', 'erofsFlatRuns'],
    made: () => [erofs(0), erofs(2)],
    words: [Uint8Array.of(0xe2, 0xe1, 0xf5, 0xe0)],
    read: (bytes) => {
      const source = bytesSource('erofs', bytes);
      const layout = readErofs(source);
      return layout && [layout, erofsFlatRuns(source, layout, bytes.at(-1) ?? 0)];
    },
  },
];

function readFat(bytes: Uint8Array): unknown {
  return walkFat(bytesSource('volume', bytes));
}

function walkFat(source: ByteSource): unknown {
  const volume = openFat(source);
  findEntry(volume, 'EFI/BOOT/BOOTX64.EFI');
  let path = '';
  const seen: unknown[] = [volume.geometry];
  for (let depth = 0; depth < DEPTH; depth++) {
    const entries = listDirectory(volume, path) ?? [];
    seen.push(entries);
    for (const entry of entries.filter(({ isDirectory }) => !isDirectory).slice(0, DEPTH)) {
      fileRuns(volume, entry);
      const file = openFile(volume, `${path}/${entry.name}`);
      file?.read(0, Math.min(file.size, READ_BYTES));
    }
    const next = entries.find(({ isDirectory }) => isDirectory);
    if (next === undefined) break;
    path = `${path}/${next.name}`;
  }
  return seen;
}

/** The bytes with zeros behind them that take no room. */
function sparse(bytes: Uint8Array): ByteSource {
  return {
    name: 'volume',
    size: SPARSE_BYTES,
    read: (offset, length) => {
      const result = new Uint8Array(length);
      result.set(bytes.subarray(offset, offset + length));
      return result;
    },
  };
}

/** A FAT32 volume of 64 MiB that is cut off behind its root directory (Microsoft FAT specification, 3). */
function fat32(): Uint8Array {
  const volume = Buffer.alloc(0x3000);
  volume.set([0xeb, 0x58, 0x90]);
  volume.writeUInt16LE(512, 11);
  volume.writeUInt8(1, 13);
  volume.writeUInt16LE(4, 14);
  volume.writeUInt8(1, 16);
  volume.writeUInt8(0xf8, 21);
  volume.writeUInt32LE(0x20000, 32);
  volume.writeUInt32LE(8, 36);
  volume.writeUInt32LE(2, 44);
  const table = 4 * 512;
  for (const [cluster, value] of [0x0ffffff8, 0x0fffffff, 3, 0x0fffffff, 0x0fffffff].entries()) {
    volume.writeUInt32LE(value, table + 4 * cluster);
  }
  const data = 12 * 512;
  volume.write('FILE    TXT', data, 'latin1');
  volume.writeUInt16LE(4, data + 26);
  volume.writeUInt32LE(300, data + 28);
  volume.write('FOLDER     ', data + 32, 'latin1');
  volume.writeUInt8(0x10, data + 32 + 11);
  volume.writeUInt16LE(2, data + 32 + 26);
  return volume;
}

/** A superblock and one inode (Linux, fs/erofs/erofs_fs.h). */
function erofs(layout: number): Uint8Array {
  const image = Buffer.alloc(0x2000);
  image.writeUInt32LE(0xe0f5e1e2, 1024);
  image.writeUInt8(12, 1024 + 12);
  image.writeUInt32LE(1, 1024 + 40);
  image.writeUInt16LE(layout << 1, 0x1000);
  image.writeUInt32LE(5000, 0x1008);
  image.writeUInt32LE(1, 0x1010);
  return image;
}
