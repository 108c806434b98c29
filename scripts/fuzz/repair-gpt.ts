import { crc32 } from 'node:zlib';

const SIGNATURE = Buffer.from('EFI PART', 'latin1');

/** Bytes of entries beyond which a table is left with a wrong checksum. */
const MOST_ENTRIES = 1 << 16;

/** Makes the checksums of primary and backup table right, for both sizes of sectors. */
export function repairGpt(disk: Uint8Array): void {
  for (const sectorBytes of [512, 4096]) {
    const last = (Math.floor(disk.length / sectorBytes) - 1) * sectorBytes;
    for (const header of [sectorBytes, last]) repairTable(disk, header, sectorBytes);
  }
}

function repairTable(disk: Uint8Array, start: number, sectorBytes: number): void {
  if (start < 0 || start + sectorBytes > disk.length) return;
  const header = Buffer.from(disk.buffer, disk.byteOffset + start, sectorBytes);
  if (!header.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return;
  const entries = Number(header.readBigUInt64LE(72)) * sectorBytes;
  const entriesBytes = header.readUInt32LE(80) * header.readUInt32LE(84);
  if (entriesBytes <= MOST_ENTRIES) {
    header.writeUInt32LE(crc32(disk.subarray(entries, entries + entriesBytes)), 88);
  }
  const headerBytes = header.readUInt32LE(12);
  if (headerBytes < 20 || headerBytes > sectorBytes) return;
  header.writeUInt32LE(0, 16);
  header.writeUInt32LE(crc32(header.subarray(0, headerBytes)), 16);
}
