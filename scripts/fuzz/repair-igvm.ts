import { crc32 } from 'node:zlib';

/** Makes the checksum of the headers right (microsoft/igvm, igvm_defs). */
export function repairIgvm(file: Uint8Array): void {
  if (file.length < 24) return;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const fixed = Buffer.from(bytes.subarray(0, bytes.readUInt32LE(4) === 2 ? 32 : 24));
  fixed.writeUInt32LE(0, 20);
  const start = bytes.readUInt32LE(8);
  const headers = bytes.subarray(start, start + bytes.readUInt32LE(12));
  bytes.writeUInt32LE(crc32(headers, crc32(fixed)), 20);
}
