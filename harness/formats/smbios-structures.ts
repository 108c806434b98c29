import type { Cursor } from '../bytes/cursor.ts';

/** Bytes of the header that every structure starts with: type, length, handle. */
const HEADER_BYTES = 4;

/** Type of the structure that ends a table. */
export const END_OF_TABLE = 127;

/** A structure of an SMBIOS table. */
export type SmbiosStructure = {
  readonly type: number;
  readonly handle: number;
  /** The formatted area without its header: `fields[0]` is the byte at offset 4. */
  readonly fields: Uint8Array;
  /** The strings that fields refer to by number, from 1 on; without their terminators. */
  readonly strings: readonly Uint8Array[];
};

/**
 * Reads the structures of an SMBIOS table up to its end-of-table structure, which is left out.
 *
 * @param cursor covers the table, little-endian
 * @throws FormatError where a structure is cut off or shorter than its header, a string is empty, or
 *   nothing ends the table
 * @see DMTF DSP0134 (SMBIOS) 3.8, 6.1
 */
export function readSmbiosStructures(cursor: Cursor): readonly SmbiosStructure[] {
  const structures: SmbiosStructure[] = [];
  for (;;) {
    const start = cursor.offset;
    const type = cursor.u8('structure type');
    const length = cursor.u8('structure length');
    const handle = cursor.u16('structure handle');
    if (length < HEADER_BYTES) {
      throw cursor.errorAt(start + 1, `a structure of ${HEADER_BYTES} bytes or more`, `${length}`);
    }
    if (type === END_OF_TABLE) return structures;
    const fields = cursor.take(length - HEADER_BYTES, 'formatted area');
    structures.push({ type, handle, fields, strings: readStrings(cursor) });
  }
}

/** Strings, each ended by a NUL, and one more NUL; without strings, two. */
function readStrings(cursor: Cursor): readonly Uint8Array[] {
  const strings: Uint8Array[] = [];
  for (;;) {
    const start = cursor.offset;
    const string = readString(cursor);
    if (string.length > 0) {
      strings.push(string);
      continue;
    }
    if (strings.length === 0 && cursor.u8('end of the strings') !== 0) {
      throw cursor.errorAt(start, 'a string, or the end of the strings', 'an empty string');
    }
    return strings;
  }
}

function readString(cursor: Cursor): Uint8Array {
  const bytes: number[] = [];
  for (;;) {
    const byte = cursor.u8('string up to its NUL');
    if (byte === 0) return Uint8Array.from(bytes);
    bytes.push(byte);
  }
}

/**
 * The bytes of a structure in a table.
 *
 * @param structure its header, fields and strings
 */
export function smbiosStructureBytes(structure: SmbiosStructure): Uint8Array {
  const { type, handle, fields, strings } = structure;
  const header = Buffer.of(type, HEADER_BYTES + fields.length, handle & 0xff, handle >> 8);
  const terminated = strings.flatMap((string) => [string, Uint8Array.of(0)]);
  const end = new Uint8Array(strings.length === 0 ? 2 : 1);
  return Buffer.concat([header, fields, ...terminated, end]);
}
