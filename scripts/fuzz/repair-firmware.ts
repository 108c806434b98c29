import { crc32 } from 'node:zlib';

/** Volumes start at multiples of this many bytes. */
const VOLUME_ALIGNMENT = 4096;

const SIGNATURE = Buffer.from('_FVH', 'latin1');

/** Most files of a volume whose checksums are made right. */
const MOST_FILES = 64;

/** EFI_FAULT_TOLERANT_WORKING_BLOCK_HEADER begins with this GUID: its first bytes, and its size. */
const WORKING_BLOCK = Buffer.from('2b29589e687c7d49', 'hex');
const WORKING_BLOCK_BYTES = 32;

/** Makes the sums of volume headers and file headers right (UEFI PI 1.9, Vol. 3, 3.2). */
export function repairVolumes(image: Uint8Array): void {
  for (let start = 0; start + 72 <= image.length; start += VOLUME_ALIGNMENT) {
    const volume = Buffer.from(image.buffer, image.byteOffset + start, image.length - start);
    if (!volume.subarray(40, 44).equals(SIGNATURE)) continue;
    repairVolume(volume);
    repairFiles(volume);
  }
}

/** Makes the header's sum of a volume with variables right, and the checksum of its working block. */
export function repairVariableStore(store: Uint8Array): void {
  if (store.length < 72) return;
  const volume = Buffer.from(store.buffer, store.byteOffset, store.length);
  repairVolume(volume);
  const start = volume.indexOf(WORKING_BLOCK);
  if (start === -1 || start + WORKING_BLOCK_BYTES > volume.length) return;
  const header = volume.subarray(start, start + WORKING_BLOCK_BYTES);
  const unwritten = Buffer.from(header).fill(0xff, 16, 24);
  header.writeUInt32LE(crc32(unwritten), 16);
}

function repairVolume(volume: Buffer): void {
  const headerBytes = volume.readUInt16LE(48) & ~1;
  if (headerBytes < 52 || headerBytes > volume.length) return;
  volume.writeUInt16LE(0, 50);
  let sum = 0;
  for (let at = 0; at < headerBytes; at += 2) sum += volume.readUInt16LE(at);
  volume.writeUInt16LE(-sum & 0xffff, 50);
}

function repairFiles(volume: Buffer): void {
  let start = volume.readUInt16LE(48);
  for (let count = 0; count < MOST_FILES && start + 32 <= volume.length; count++) {
    const isLarge = (volume.readUInt8(start + 19) & 1) !== 0;
    const size = isLarge
      ? Number(volume.readBigUInt64LE(start + 24))
      : volume.readUIntLE(start + 20, 3);
    const headerBytes = isLarge ? 32 : 24;
    if (size < headerBytes || start + size > volume.length) return;
    const content = volume.subarray(start + headerBytes, start + size);
    const hasChecksum = (volume.readUInt8(start + 19) & 0x40) !== 0;
    volume.writeUInt8(hasChecksum ? -sum8(content) & 0xff : 0xaa, start + 17);
    const header = Buffer.from(volume.subarray(start, start + headerBytes));
    header.fill(0, 16, 18).fill(0, 23, 24);
    volume.writeUInt8(-sum8(header) & 0xff, start + 16);
    start += (size + 7) & ~7;
  }
}

function sum8(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}
