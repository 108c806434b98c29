import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';

/** Offset of the signature from the start of a volume. */
const SIGNATURE_OFFSET = 40;

/** `_FVH`. */
const SIGNATURE = new TextEncoder().encode('_FVH');

/** Bytes before the block map; the map has at least one entry and its terminator, 8 bytes each. */
const FIXED_BYTES = 56;
const MAP_ENTRY_BYTES = 8;
const MIN_HEADER_BYTES = FIXED_BYTES + 2 * MAP_ENTRY_BYTES;

/** EFI_FVH_REVISION of the PI specification since 1.0. */
const REVISION = 2;

/** EFI_FIRMWARE_VOLUME_HEADER. */
export type FirmwareVolumeHeader = {
  /** Where the volume starts, in bytes from the start of the source. */
  readonly offset: number;
  /** Size of the whole volume in bytes, header included. */
  readonly length: number;
  /** GUID of the file system that the volume holds. */
  readonly fileSystem: string;
  /** EFI_FVB_ATTRIBUTES_2. */
  readonly attributes: number;
  /** Size of this header and its block map in bytes. */
  readonly headerLength: number;
  /** Offset of the extended header from the start of the volume; 0 where there is none. */
  readonly extHeaderOffset: number;
  /** Size of the flash blocks of the first entry of the block map, in bytes. */
  readonly blockBytes: number;
};

/**
 * Reads and checks the header of a firmware volume: signature, revision, lengths and the 16-bit
 * sum over the header (UEFI PI 1.9, Vol. 3, 3.2.1).
 *
 * @param source what holds the volume
 * @param offset where the volume starts, in bytes from the start of the source
 * @throws FormatError where there is no sound volume header
 */
export function readFirmwareVolumeHeader(source: ByteSource, offset: number): FirmwareVolumeHeader {
  const fixed = Cursor.over(source, offset, MIN_HEADER_BYTES, 'firmware volume header');
  // First, so that a file of another kind is called that.
  Cursor.over(source, offset + SIGNATURE_OFFSET, SIGNATURE.length, 'signature').expect(
    SIGNATURE,
    'firmware volume signature',
  );
  fixed.take(16, 'zero vector');
  const fileSystem = fixed.guid('file system GUID');
  const length = fixed.size64('volume length');
  fixed.take(SIGNATURE.length, 'signature');
  const attributes = fixed.u32('attributes');
  const headerLength = fixed.u16('header length');
  fixed.take(2, 'checksum');
  const extHeaderOffset = fixed.u16('extended header offset');
  fixed.take(1, 'reserved byte');
  const revision = fixed.u8('revision');
  fixed.take(4, 'number of blocks');
  const blockBytes = fixed.u32('block size');

  const fail = (at: number, expected: string, found: string): never => {
    throw new FormatError({ file: source.name, offset: offset + at, expected, found });
  };
  if (revision !== REVISION) fail(55, `volume revision ${REVISION}`, `${revision}`);
  if (length > source.size - offset) {
    fail(32, `a volume length up to 0x${(source.size - offset).toString(16)}`, hex(length));
  }
  if (headerLength % 2 !== 0 || headerLength < MIN_HEADER_BYTES || headerLength > length) {
    fail(48, `an even header length of ${MIN_HEADER_BYTES} bytes or more`, `${headerLength}`);
  }
  const sum = sum16(Cursor.over(source, offset, headerLength, 'firmware volume header'));
  if (sum !== 0) fail(50, 'a header whose 16-bit sum is 0', hex(sum));
  return { offset, length, fileSystem, attributes, headerLength, extHeaderOffset, blockBytes };
}

/**
 * Whether a volume's signature stands at an offset; says nothing about the rest of the header.
 *
 * @param source what may hold a volume
 * @param offset where the volume would start, in bytes from the start of the source
 */
export function hasFirmwareVolumeSignature(source: ByteSource, offset: number): boolean {
  if (offset + MIN_HEADER_BYTES > source.size) return false;
  return toHex(source.read(offset + SIGNATURE_OFFSET, SIGNATURE.length)) === toHex(SIGNATURE);
}

function sum16(words: Cursor): number {
  let sum = 0;
  while (words.remaining > 0) sum = (sum + words.u16('header word')) & 0xffff;
  return sum;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
