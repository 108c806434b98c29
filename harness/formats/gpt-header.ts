import { crc32 } from 'node:zlib';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, chunksOf, readRange } from '../bytes/source.ts';

/** Bytes of the header's defined fields: the least that a header has, and what is measured of it. */
export const GPT_HEADER_BYTES = 92;

/** The least size of an entry in bytes; others are this times a power of two. */
const MIN_ENTRY_BYTES = 128;

/** More than a table of 32 768 entries; keeps a hostile header from claiming memory. */
const MAX_ARRAY_BYTES = 4 << 20;

const SIGNATURE = new TextEncoder().encode('EFI PART');
const REVISION = 0x00010000;
const CRC_OFFSET = 16;

/** EFI_PARTITION_TABLE_HEADER. LBAs count sectors of the disk. */
export type GptHeader = {
  /** The 92 defined bytes as they are on disk. */
  readonly bytes: Uint8Array;
  /** Size that the header's own checksum covers, in bytes; what follows the defined fields is zero. */
  readonly headerBytes: number;
  readonly lba: number;
  readonly alternateLba: number;
  readonly firstUsableLba: bigint;
  readonly lastUsableLba: bigint;
  readonly diskGuid: string;
  readonly entriesLba: number;
  readonly entryCount: number;
  readonly entryBytes: number;
};

/**
 * Reads a partition table header and checks all that the firmware checks before it uses one:
 * signature, revision, both checksums, its own place, the shape of the entry array.
 *
 * @param disk the whole disk
 * @param lba where the header is, in sectors
 * @param sectorBytes size of a sector in bytes
 * @throws FormatError where the header or its array of entries is not sound
 * @see UEFI 2.11, 5.3.2; edk2, MdeModulePkg/Library/GptLib/Gpt.c (PartitionValidGptTable)
 */
export function readGptHeader(disk: ByteSource, lba: number, sectorBytes: number): GptHeader {
  const start = lba * sectorBytes;
  const sector = readRange(disk, start, sectorBytes, 'GPT header');
  const cursor = new Cursor(disk.name, sector, 'little', start);
  const fail = (at: number, expected: string, found: number | bigint): never => {
    throw cursor.errorAt(start + at, expected, hex(found));
  };
  cursor.expect(SIGNATURE, 'GPT signature');
  const revision = cursor.u32('revision');
  if (revision !== REVISION) fail(8, `GPT revision ${hex(REVISION)}`, revision);
  const headerBytes = cursor.u32('header size');
  if (headerBytes < GPT_HEADER_BYTES || headerBytes > sectorBytes) {
    fail(12, `a GPT header of ${GPT_HEADER_BYTES} to ${sectorBytes} bytes`, headerBytes);
  }
  const expectedCrc = cursor.u32('header checksum');
  const foundCrc = gptHeaderCrc(sector.subarray(0, headerBytes));
  if (foundCrc !== expectedCrc) {
    fail(CRC_OFFSET, `GPT header checksum ${hex(foundCrc)}`, expectedCrc);
  }
  cursor.take(4, 'reserved bytes');
  const ownLba = cursor.size64('own LBA');
  if (ownLba !== lba) fail(24, `own LBA ${lba}`, ownLba);
  const header = {
    bytes: sector.subarray(0, GPT_HEADER_BYTES),
    headerBytes,
    lba,
    alternateLba: cursor.size64('alternate LBA'),
    firstUsableLba: cursor.u64('first usable LBA'),
    lastUsableLba: cursor.u64('last usable LBA'),
    diskGuid: cursor.guid('disk GUID'),
    entriesLba: cursor.size64('LBA of the entries'),
    entryCount: cursor.u32('number of entries'),
    entryBytes: cursor.u32('entry size'),
  };
  checkEntries(disk, header, sectorBytes, cursor.u32('checksum of the entries'));
  return header;
}

/**
 * Checksum of a header, its own field taken as zero.
 *
 * @param header as many bytes as the header says it has
 */
export function gptHeaderCrc(header: Uint8Array): number {
  return crc32(Uint8Array.from(header).fill(0, CRC_OFFSET, CRC_OFFSET + 4));
}

function checkEntries(
  disk: ByteSource,
  { lba, entriesLba, entryCount, entryBytes }: Omit<GptHeader, 'bytes'>,
  sectorBytes: number,
  expectedCrc: number,
): void {
  const fail = (at: number, expected: string, found: number): never => {
    const offset = lba * sectorBytes + at;
    throw new FormatError({ file: disk.name, offset, expected, found: hex(found) });
  };
  const isPowerOfTwo = (entryBytes & (entryBytes - 1)) === 0;
  if (entryBytes < MIN_ENTRY_BYTES || !isPowerOfTwo)
    fail(84, 'entries of 128·2ⁿ bytes', entryBytes);
  const arrayBytes = entryCount * entryBytes;
  if (entryCount === 0 || arrayBytes > MAX_ARRAY_BYTES) {
    fail(80, `1 to ${MAX_ARRAY_BYTES / entryBytes} entries`, entryCount);
  }
  let crc = 0;
  for (const chunk of chunksOf(disk, entriesLba * sectorBytes, arrayBytes, 'GPT entries')) {
    crc = crc32(chunk, crc);
  }
  if (crc !== expectedCrc) fail(88, `checksum ${hex(crc)} of the GPT entries`, expectedCrc);
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
