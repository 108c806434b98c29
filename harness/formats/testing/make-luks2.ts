import { createHash } from 'node:crypto';

/**
 * The first header of a LUKS2 volume (LUKS2 On-Disk Format 1.1, 2.1), made from the specification.
 *
 * @param metadata becomes the JSON area
 * @param size of header and JSON area together, in bytes
 */
export function makeLuks2Header(metadata: unknown, size = 16 << 10): Buffer {
  const header = Buffer.alloc(size);
  header.write('LUKS\xba\xbe', 0, 'latin1');
  header.writeUInt16BE(2, 6);
  header.writeBigUInt64BE(BigInt(size), 8);
  header.writeBigUInt64BE(1n, 16);
  header.write('sha256', 72);
  header.write('c0de0000-0000-4000-8000-000000000002', 168);
  header.write(JSON.stringify(metadata), 4096);
  repairLuks2Checksum(header);
  return header;
}

/** Makes the checksum right again, in place, where there is a header. */
export function repairLuks2Checksum(bytes: Uint8Array): void {
  if (bytes.length < 4096) return;
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = Number(header.readBigUInt64BE(8));
  if (size > bytes.length) return;
  header.fill(0, 448, 512);
  createHash('sha256').update(header.subarray(0, size)).digest().copy(header, 448);
}
