import type { Run } from '../bytes/run-source.ts';
import type { FatVolume } from '../formats/fat.ts';
import { DIRECTORY_ENTRY_BYTES, type FatGeometry } from '../formats/fat-geometry.ts';
import { type Mechanism, type Protection, type Region, UNPROTECTED } from './region.ts';
import type { StoredDirectory, StoredEntry } from './stored-directory.ts';

const BOOT_SECTOR_BYTES = 512;

/** Fields of the boot sector that say where everything is: those of all volumes, and those of FAT32. */
const GEOMETRY_FIELDS = [
  { start: 11, end: 24 },
  { start: 32, end: 36 },
];
const FAT32_FIELDS = { start: 32, end: 48 };

type Extent = { readonly start: number; readonly end: number };

/** Of a directory entry: name and attributes, the first cluster's high half, its low half and the size. */
const USED: readonly Extent[] = [
  { start: 0, end: 12 },
  { start: 20, end: 22 },
  { start: 26, end: 32 },
];

/** Why a change of what leads to a file may stay without consequence. */
const LEADING =
  'it counts only if other content is found by it, or none: where files lie is measured by nothing';

/** What a byte is worth that leads to something. */
function leading(detectedBy: readonly Mechanism[]): Protection {
  return detectedBy.length === 0 ? UNPROTECTED : { detectedBy, partly: LEADING, steers: true };
}

/**
 * The first sector of a FAT volume.
 *
 * @param protectedBy what notices if the boot files are not found
 */
export function bootSectorRegions(
  { bits }: FatGeometry,
  protectedBy: readonly Mechanism[],
): readonly Region[] {
  const [first, second] = GEOMETRY_FIELDS;
  const fields = bits === 32 ? [first, FAT32_FIELDS] : [first, second];
  const geometry = fields
    .filter((field) => field !== undefined)
    .map((field) => ({ ...field, what: 'FAT geometry', ...leading(protectedBy) }));
  return [
    ...geometry,
    { start: 0, end: 11, what: 'FAT boot sector', ...UNPROTECTED },
    { start: 24, end: 32, what: 'FAT boot sector', ...UNPROTECTED },
    {
      start: bits === 32 ? 48 : 36,
      end: BOOT_SECTOR_BYTES,
      what: 'FAT boot sector',
      ...UNPROTECTED,
    },
  ];
}

/**
 * The entries of the file allocation table that lead from cluster to cluster of something.
 *
 * @param path whose clusters they are
 * @param runs its pieces
 * @param isDirectory whether its end is looked for, too
 * @param protectedBy what notices if other clusters are read
 */
export function chainRegions(
  { bits, table, dataOffset, clusterBytes }: FatGeometry,
  {
    path,
    runs,
    isDirectory,
  }: {
    readonly path: string;
    readonly runs: readonly Run[];
    readonly isDirectory: boolean;
  },
  protectedBy: readonly Mechanism[],
): readonly Region[] {
  return runs.flatMap(({ offset, length }, index) => {
    const first = 2 + (offset - dataOffset) / clusterBytes;
    const isEndRead = isDirectory || index < runs.length - 1;
    const count = length / clusterBytes - (isEndRead ? 0 : 1);
    if (count === 0 || first < 2) return [];
    const start = table.offset + Math.floor((first * bits) / 8);
    const end = table.offset + Math.ceil(((first + count) * bits) / 8);
    return [{ start, end, what: 'FAT entries', file: path, ...leading(protectedBy) }];
  });
}

/**
 * The parts of a volume between the boot sector and the clusters that belong to no file.
 *
 * @returns regions that may be covered by smaller ones
 */
export function tableRegions({ source, geometry }: FatVolume): readonly Region[] {
  const { table, root, dataOffset, clusters, clusterBytes } = geometry;
  const tableEnd = table.offset + table.length;
  const tablesEnd = 'offset' in root ? root.offset : dataOffset;
  const dataEnd = dataOffset + clusters * clusterBytes;
  return [
    { start: BOOT_SECTOR_BYTES, end: table.offset, what: 'FAT reserved sectors', ...UNPROTECTED },
    { start: tableEnd, end: tablesEnd, what: 'second copy of the FAT', ...UNPROTECTED },
    { start: dataEnd, end: source.size, what: 'behind the FAT volume', ...UNPROTECTED },
  ];
}

/**
 * The entries of a directory.
 *
 * @param protectionOf what notices if a file or directory is not found
 */
export function entryRegions(
  { entries }: StoredDirectory,
  protectionOf: (entry: StoredEntry) => readonly Mechanism[],
): readonly Region[] {
  return entries.flatMap((stored) => {
    const { short, longName, path: file, entry } = stored;
    const protection = leading(protectionOf(stored));
    const kind = entry.isDirectory ? 'directory entry' : 'file entry';
    const used = USED.map(({ start, end }) => ({ start: short + start, end: short + end }));
    const times = restOf(entryAt(short), used);
    return [
      ...longName.map((start) => ({
        ...entryAt(start),
        what: `${kind}: long name`,
        file,
        ...protection,
      })),
      ...used.map((field) => ({
        ...field,
        what: `${kind}: name, place and size`,
        file,
        ...protection,
      })),
      ...times.map((field) => ({ ...field, what: `${kind}: times`, file, ...UNPROTECTED })),
    ];
  });
}

function entryAt(start: number): Extent {
  return { start, end: start + DIRECTORY_ENTRY_BYTES };
}

function restOf(whole: Extent, fields: readonly Extent[]): readonly Extent[] {
  const starts = [whole.start, ...fields.map(({ end }) => end)];
  const ends = [...fields.map(({ start }) => start), whole.end];
  return starts
    .map((start, index) => ({ start, end: ends[index] ?? whole.end }))
    .filter(({ start, end }) => start < end);
}
