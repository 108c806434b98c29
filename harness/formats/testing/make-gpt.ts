import { crc32 } from 'node:zlib';
import { guidBytes } from '../../bytes/guid.ts';

/** A partition; LBAs count sectors. */
export type MadePartition = {
  readonly first: number;
  readonly last: number;
  readonly name?: string;
  readonly type?: string;
  readonly guid?: string;
  readonly attributes?: bigint;
};

/** What a made disk has; what is left out is usual. */
export type MadeDisk = {
  readonly sectorBytes?: number;
  readonly sectors?: number;
  readonly partitions: readonly MadePartition[];
};

const ENTRIES = 128;
const ENTRY_BYTES = 128;
const ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';

/** A disk with a GPT and its backup (UEFI 2.11, 5.3). */
export function makeGptDisk({
  sectorBytes = 512,
  sectors = 256,
  partitions,
}: MadeDisk): Uint8Array<ArrayBuffer> {
  const disk = new Uint8Array(sectors * sectorBytes);
  // One record of type 0xEE that starts at LBA 1.
  disk.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 446);
  disk.set([0x55, 0xaa], 510);
  const array = makeEntries(partitions);
  const arraySectors = array.length / sectorBytes;
  const last = sectors - 1;
  const usable = { first: 2 + arraySectors, last: last - arraySectors - 1 };
  const tables = [
    { own: 1, alternate: last, entries: 2 },
    { own: last, alternate: 1, entries: last - arraySectors },
  ];
  for (const table of tables) {
    disk.set(array, table.entries * sectorBytes);
    disk.set(makeHeader(table, usable, crc32(array)), table.own * sectorBytes);
  }
  return disk;
}

function makeEntries(partitions: readonly MadePartition[]): Uint8Array {
  const array = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  for (const [index, partition] of partitions.entries()) {
    const entry = array.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
    entry.set(guidBytes(partition.type ?? ROOT));
    const numbered = `00000000-0000-0000-0000-${String(index + 1).padStart(12, '0')}`;
    entry.set(guidBytes(partition.guid ?? numbered), 16);
    entry.writeBigUInt64LE(BigInt(partition.first), 32);
    entry.writeBigUInt64LE(BigInt(partition.last), 40);
    entry.writeBigUInt64LE(partition.attributes ?? 0n, 48);
    entry.write(partition.name ?? '', 56, 'utf16le');
  }
  return array;
}

function makeHeader(
  table: { readonly own: number; readonly alternate: number; readonly entries: number },
  usable: { readonly first: number; readonly last: number },
  arrayCrc: number,
): Uint8Array {
  const header = Buffer.alloc(92);
  header.write('EFI PART', 0, 'latin1');
  header.writeUInt32LE(0x00010000, 8);
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(BigInt(table.own), 24);
  header.writeBigUInt64LE(BigInt(table.alternate), 32);
  header.writeBigUInt64LE(BigInt(usable.first), 40);
  header.writeBigUInt64LE(BigInt(usable.last), 48);
  header.set(guidBytes('11111111-2222-3333-4444-555555555555'), 56);
  header.writeBigUInt64LE(BigInt(table.entries), 72);
  header.writeUInt32LE(ENTRIES, 80);
  header.writeUInt32LE(ENTRY_BYTES, 84);
  header.writeUInt32LE(arrayCrc, 88);
  header.writeUInt32LE(crc32(header), 16);
  return header;
}

/**
 * Writes a header's own checksum anew, after a field was changed.
 *
 * @param header offset of the header in the disk
 * @param size what the header says its size is
 */
export function fixHeaderCrc(disk: Uint8Array, header: number, size = 92): void {
  const view = Buffer.from(disk.buffer, disk.byteOffset + header, size);
  view.writeUInt32LE(0, 16);
  view.writeUInt32LE(crc32(view), 16);
}
