import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';

/** Bytes of the boot sector that matter; the code after them is never run by UEFI. */
const BOOT_SECTOR_BYTES = 512;

/** Size of a directory entry in bytes. */
export const DIRECTORY_ENTRY_BYTES = 32;

/** Fewer clusters than the first are FAT12, fewer than the second FAT16. */
const FAT12_LIMIT = 4085;
const FAT16_LIMIT = 65525;

/** Sizes that the firmware accepts. */
const SECTOR_SIZES = [512, 1024, 2048, 4096];
const CLUSTER_SECTORS = [1, 2, 4, 8, 16, 32, 64, 128];

/** Where everything is on a FAT volume; offsets are in bytes from the start of the volume. */
export type FatGeometry = {
  readonly bits: 12 | 16 | 32;
  readonly clusterBytes: number;
  /** Number of data clusters that the volume has room for; they are numbered from 2. */
  readonly clusters: number;
  /** The first copy of the file allocation table. */
  readonly table: { readonly offset: number; readonly length: number };
  /** The root directory: a fixed range, or a chain of clusters on FAT32. */
  readonly root:
    | { readonly offset: number; readonly length: number }
    | { readonly cluster: number };
  /** Where cluster 2 starts. */
  readonly dataOffset: number;
};

type BootSector = {
  readonly sectorBytes: number;
  readonly clusterSectors: number;
  readonly reservedSectors: number;
  readonly tables: number;
  readonly rootEntries: number;
  readonly sectors: number;
  readonly tableSectors: number;
  readonly isFat32: boolean;
  readonly rootCluster: number;
};

/**
 * Reads the boot sector of a FAT volume, and refuses what edk2's driver refuses to mount.
 *
 * @param volume the partition or image
 * @throws FormatError where there is no sound FAT volume
 * @see Microsoft FAT specification (2005), 3; edk2, FatPkg/EnhancedFatDxe/Init.c (FatOpenDevice)
 */
export function readFatGeometry(volume: ByteSource): FatGeometry {
  const cursor = Cursor.over(volume, 0, BOOT_SECTOR_BYTES, 'FAT boot sector');
  const boot = readBootSector(cursor);
  const { sectorBytes, reservedSectors, tables, tableSectors, rootEntries, sectors } = boot;
  const rootSectors = Math.ceil((rootEntries * DIRECTORY_ENTRY_BYTES) / sectorBytes);
  const rootSector = reservedSectors + tables * tableSectors;
  const dataSector = rootSector + rootSectors;
  const clusters = Math.floor((sectors - dataSector) / boot.clusterSectors);
  // The firmware mounts a volume that says it is larger than its partition, and fails where it reads there.
  const dataOffset = dataSector * sectorBytes;
  const clusterBytes = boot.clusterSectors * sectorBytes;
  const onVolume = Math.floor((volume.size - dataOffset) / clusterBytes);
  if (Math.min(clusters, onVolume) < 1) {
    const expected = `${dataSector + boot.clusterSectors} sectors or more on the FAT volume`;
    throw cursor.errorAt(
      19,
      expected,
      `${Math.min(sectors, Math.floor(volume.size / sectorBytes))}`,
    );
  }
  if (boot.isFat32 !== clusters >= FAT16_LIMIT) {
    const kind = boot.isFat32 ? 'FAT32' : 'FAT12 or FAT16';
    throw cursor.errorAt(22, `a number of clusters that ${kind} has`, `${clusters}`);
  }
  const bits = boot.isFat32 ? 32 : clusters < FAT12_LIMIT ? 12 : 16;
  return {
    bits,
    clusterBytes,
    clusters: Math.min(clusters, onVolume),
    table: { offset: reservedSectors * sectorBytes, length: tableSectors * sectorBytes },
    root: boot.isFat32
      ? { cluster: boot.rootCluster }
      : { offset: rootSector * sectorBytes, length: rootEntries * DIRECTORY_ENTRY_BYTES },
    dataOffset,
  };
}

function readBootSector(cursor: Cursor): BootSector {
  const one = (
    offset: number,
    what: string,
    accepted: (value: number) => boolean,
    value: number,
  ) => {
    if (!accepted(value)) throw cursor.errorAt(offset, `${what} of a FAT volume`, `${value}`);
    return value;
  };
  const positive = (value: number) => value > 0;
  cursor.take(11, 'jump and OEM name');
  const sectorBytes = one(11, 'sector size', isOneOf(SECTOR_SIZES), cursor.u16('sector size'));
  const clusterSectors = one(
    13,
    'cluster size',
    isOneOf(CLUSTER_SECTORS),
    cursor.u8('cluster size'),
  );
  const reservedSectors = one(14, 'reserved sectors', positive, cursor.u16('reserved sectors'));
  const tables = one(16, 'number of tables', positive, cursor.u8('number of tables'));
  const rootEntries = cursor.u16('root entries');
  const smallSectors = cursor.u16('sectors');
  one(21, 'media type', isMediaType, cursor.u8('media type'));
  const smallTableSectors = cursor.u16('sectors of a table');
  cursor.take(8, 'disk geometry and hidden sectors');
  const largeSectors = cursor.u32('sectors');
  const isFat32 = smallTableSectors === 0;
  const fat32 = isFat32 ? readFat32Fields(cursor) : { tableSectors: 0, rootCluster: 0 };
  if (!isFat32) one(17, 'root entries', positive, rootEntries);
  return {
    sectorBytes,
    clusterSectors,
    reservedSectors,
    tables,
    rootEntries: isFat32 ? 0 : rootEntries,
    sectors: smallSectors || largeSectors,
    tableSectors: smallTableSectors || fat32.tableSectors,
    isFat32,
    rootCluster: fat32.rootCluster,
  };
}

function readFat32Fields(cursor: Cursor): {
  readonly tableSectors: number;
  readonly rootCluster: number;
} {
  const tableSectors = cursor.u32('sectors of a table');
  const flagsOffset = cursor.offset;
  const flags = cursor.u16('mirroring flags');
  const version = cursor.u16('version');
  if ((flags & 0x80) !== 0 || version !== 0 || tableSectors === 0) {
    throw cursor.errorAt(
      flagsOffset,
      'a FAT32 volume of version 0 with mirrored tables',
      `version ${version}, flags 0x${flags.toString(16)}, ${tableSectors} sectors a table`,
    );
  }
  return { tableSectors, rootCluster: cursor.u32('root directory cluster') };
}

function isOneOf(values: readonly number[]): (value: number) => boolean {
  return (value) => values.includes(value);
}

function isMediaType(value: number): boolean {
  return value > 0xf7 || value === 0xf0 || value <= 1;
}
