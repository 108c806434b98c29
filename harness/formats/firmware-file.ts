import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { FirmwareVolumeHeader } from './firmware-volume-header.ts';

/** Bytes of EFI_FFS_FILE_HEADER, and of the longer header of large files. */
const HEADER_BYTES = 24;
const LARGE_HEADER_BYTES = 32;

/** Files start at multiples of this many bytes. */
const ALIGNMENT = 8;

/** EFI_FVB2_ERASE_POLARITY: erased bits of the volume are ones, and states are stored inverted. */
const ERASE_POLARITY = 0x800;

/** File attributes: the size is in the longer header; the content has a checksum. */
const LARGE_FILE = 0x01;
const HAS_CHECKSUM = 0x40;

/** What stands in place of the content's checksum where there is none. */
const NO_CHECKSUM = 0xaa;

/** Bits of a file's state; the highest that is set tells. */
const DATA_VALID = 0x04;
const MARKED_FOR_UPDATE = 0x08;
const GONE = 0x10 | 0x20;

/** How many files a volume may have; the largest of OVMF has 126. */
const MAX_FILES = 4096;

/** Types of firmware files that are looked for. */
export const FILE_TYPE = {
  peiCore: 0x04,
  dxeCore: 0x05,
  volumeImage: 0x0b,
  padding: 0xf0,
} as const;

/** A file of a firmware volume. */
export type FirmwareFile = {
  /** GUID that names the file. */
  readonly name: string;
  /** EFI_FV_FILETYPE_…. */
  readonly type: number;
  /** The content, sections as a rule; an error in it is reported at its place in the source. */
  readonly content: () => Cursor;
};

/**
 * Walks through the files of a firmware volume, padding left out.
 *
 * @param source what holds the volume
 * @param volume the volume's header
 * @throws FormatError where a file's header, checksum or size is wrong
 * @see UEFI PI 1.9, Vol. 3, 3.2.3
 */
export function* readFirmwareFiles(
  source: ByteSource,
  volume: FirmwareVolumeHeader,
): Generator<FirmwareFile, void, undefined> {
  const isInverted = (volume.attributes & ERASE_POLARITY) !== 0;
  const cursor = Cursor.over(source, volume.offset, volume.length, 'firmware volume');
  cursor.take(firstFileOffset(source, volume), 'firmware volume header');
  for (let count = 0; ; count++) {
    align(cursor, volume.offset);
    if (isFreeSpace(source, cursor, isInverted)) return;
    if (count === MAX_FILES) {
      throw cursor.errorAt(cursor.offset, `at most ${MAX_FILES} files in a volume`, 'another');
    }
    const { name, type, state, content } = readFile(source, cursor);
    const bits = isInverted ? ~state & 0xff : state;
    const exists = (bits & GONE) === 0 && (bits & (DATA_VALID | MARKED_FOR_UPDATE)) !== 0;
    if (exists && type !== FILE_TYPE.padding) yield { name, type, content };
  }
}

/** Files follow the header, or the extended header where there is one; offset from the volume's start. */
function firstFileOffset(source: ByteSource, volume: FirmwareVolumeHeader): number {
  if (volume.extHeaderOffset === 0) return volume.headerLength;
  const start = volume.offset + volume.extHeaderOffset;
  const extended = Cursor.over(source, start, 20, 'extended volume header');
  extended.guid('volume name');
  return volume.extHeaderOffset + extended.u32('extended header size');
}

function align(cursor: Cursor, volumeOffset: number): void {
  const padding = -(cursor.offset - volumeOffset) & (ALIGNMENT - 1);
  cursor.take(Math.min(padding, cursor.remaining), 'padding');
}

/** The rest of a volume is erased flash: a header's worth of it is proof enough. */
function isFreeSpace(source: ByteSource, cursor: Cursor, isInverted: boolean): boolean {
  if (cursor.remaining < HEADER_BYTES) return true;
  const erased = isInverted ? 0xff : 0;
  return source.read(cursor.offset, HEADER_BYTES).every((byte) => byte === erased);
}

function readFile(source: ByteSource, cursor: Cursor): FirmwareFile & { readonly state: number } {
  const start = cursor.offset;
  const name = cursor.guid('file name');
  cursor.take(1, 'header checksum');
  const checksum = cursor.u8('file checksum');
  const type = cursor.u8('file type');
  const attributes = cursor.u8('file attributes');
  const smallSize = u24(cursor, 'file size');
  const state = cursor.u8('file state');
  const isLarge = (attributes & LARGE_FILE) !== 0;
  const headerBytes = isLarge ? LARGE_HEADER_BYTES : HEADER_BYTES;
  const size = isLarge ? cursor.size64('large file size') : smallSize;
  if (size < headerBytes) {
    throw cursor.errorAt(start + 20, `a file of ${headerBytes} bytes or more`, `${size}`);
  }
  const header = source.read(start, headerBytes);
  // The checksum of the content and the state do not take part.
  if (sum8(header) !== ((checksum + state) & 0xff)) {
    throw cursor.errorAt(start + 16, 'a file header whose 8-bit sum is 0', 'another sum');
  }
  const contentOffset = cursor.offset;
  const content = cursor.take(size - headerBytes, 'file content');
  const expected = (attributes & HAS_CHECKSUM) === 0 ? NO_CHECKSUM : -sum8(content) & 0xff;
  if (checksum !== expected) {
    throw cursor.errorAt(start + 17, `file checksum ${hex(expected)}`, hex(checksum));
  }
  const contentCursor = () => new Cursor(source.name, content, 'little', contentOffset);
  return { name, type, state, content: contentCursor };
}

/**
 * An unsigned 24-bit little-endian integer.
 *
 * @param what what it is, for error messages
 * @throws FormatError where the bytes end before
 */
export function u24(cursor: Cursor, what: string): number {
  const low = cursor.u16(what);
  return low + cursor.u8(what) * 0x10000;
}

function sum8(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
