import { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16, decodeUtf16z } from '../bytes/utf16.ts';
import type { GptHeader } from './gpt-header.ts';

/** Bytes of an entry's name: 36 UTF-16 code units. */
const NAME_BYTES = 72;

/** A partition with this attribute bit gets no block device from the firmware (UEFI 2.11, 5.3.3). */
const NO_BLOCK_IO = 1n << 1n;

/** Type GUID of an EFI system partition (UEFI 2.11, 5.3.3). */
export const EFI_SYSTEM_PARTITION = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

/** A partition, as the firmware offers it. */
export type GptPartition = {
  /** Its number: place in the table, counted from 1. */
  readonly number: number;
  readonly type: string;
  readonly guid: string;
  /** First sector and number of sectors, as a device path has them. */
  readonly firstLba: number;
  readonly sectors: number;
  /** Offset on the disk and size, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly attributes: bigint;
  readonly name: string;
};

type Entry = Omit<GptPartition, 'firstLba' | 'sectors' | 'offset' | 'size'> & {
  readonly firstLba: bigint;
  readonly lastLba: bigint;
};

/**
 * The partitions that the firmware makes block devices of: entries in use that lie in the usable
 * range and on the disk, overlap no other, and are not reserved for an operating system.
 *
 * @param header the table's header
 * @param entries the array of entries, as it is on disk
 * @param disk name and size of the disk, and size of its sectors, in bytes
 * @see edk2, MdeModulePkg/Library/GptLib/Gpt.c (PartitionCheckGptEntry)
 */
export function gptPartitions(
  header: GptHeader,
  entries: readonly Uint8Array[],
  disk: { readonly name: string; readonly size: number; readonly sectorBytes: number },
): readonly GptPartition[] {
  const used = entries
    .map((entry, index) => ({ entry, number: index + 1 }))
    .filter(({ entry }) => isUsedEntry(entry))
    .map(({ entry, number }) => readEntry(disk.name, entry, number));
  const diskSectors = BigInt(Math.floor(disk.size / disk.sectorBytes));
  const inRange = used.filter(
    ({ firstLba, lastLba }) =>
      firstLba <= lastLba &&
      firstLba >= header.firstUsableLba &&
      lastLba <= header.lastUsableLba &&
      lastLba < diskSectors,
  );
  const overlapping = findOverlapping(inRange);
  return inRange
    .filter((entry) => !overlapping.has(entry) && (entry.attributes & NO_BLOCK_IO) === 0n)
    .map(({ lastLba, ...entry }) => {
      const firstLba = Number(entry.firstLba);
      const sectors = Number(lastLba) - firstLba + 1;
      const offset = firstLba * disk.sectorBytes;
      return { ...entry, firstLba, sectors, offset, size: sectors * disk.sectorBytes };
    });
}

/** Whether an entry is in use: its type GUID is not zero. */
export function isUsedEntry(entry: Uint8Array): boolean {
  return entry.subarray(0, 16).some((byte) => byte !== 0);
}

function readEntry(file: string, bytes: Uint8Array, number: number): Entry {
  const cursor = new Cursor(file, bytes);
  const type = cursor.guid('partition type');
  const guid = cursor.guid('partition GUID');
  const firstLba = cursor.u64('first LBA');
  const lastLba = cursor.u64('last LBA');
  const attributes = cursor.u64('attributes');
  const name = cursor.take(NAME_BYTES, 'partition name');
  return {
    number,
    type,
    guid,
    firstLba,
    lastLba,
    attributes,
    name: decodeUtf16z(name) ?? decodeUtf16(name),
  };
}

/** Of entries in order of their start, one overlaps if it starts before the furthest end so far. */
function findOverlapping(entries: readonly Entry[]): ReadonlySet<Entry> {
  const overlapping = new Set<Entry>();
  let furthest: Entry | undefined;
  for (const entry of entries.toSorted((a, b) => (a.firstLba < b.firstLba ? -1 : 1))) {
    if (furthest !== undefined && entry.firstLba <= furthest.lastLba) {
      overlapping.add(entry).add(furthest);
    }
    if (furthest === undefined || entry.lastLba > furthest.lastLba) furthest = entry;
  }
  return overlapping;
}
