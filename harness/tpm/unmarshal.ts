import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';

/** A TPM's buffers are smaller (TPM 2.0 Library, Part 2, TPM2B: a size of 16 bits). */
const LARGEST_STRUCTURE = 2 + 0xffff;

/**
 * Opens a file that holds one structure of a TPM.
 *
 * @param what the structure, for error messages
 * @throws FormatError where it is larger than any
 */
export function openStructure(source: ByteSource, what: string): Cursor {
  if (source.size > LARGEST_STRUCTURE) {
    const expected = `${what} of at most ${LARGEST_STRUCTURE} bytes`;
    const found = `${source.size} bytes`;
    throw new FormatError({ file: source.name, offset: 0, expected, found });
  }
  return new Cursor(source.name, readRange(source, 0, source.size, what), 'big');
}

/**
 * The content of a TPM2B: bytes behind their size of two bytes (Part 2, 10.4).
 *
 * @throws FormatError where the structure ends before it
 */
export function takeSized(cursor: Cursor, what: string): Uint8Array {
  const size = cursor.u16(`size of ${what}`);
  return cursor.take(size, what);
}

/**
 * A structure that may stand in a TPM2B.
 *
 * @param cursor at the start of the file
 * @param isBare whether the first two bytes are the structure's own, and no size
 * @returns a cursor over the structure alone
 * @throws FormatError where the size is not that of the rest
 */
export function withoutSize(cursor: Cursor, isBare: boolean, what: string): Cursor {
  if (isBare) return cursor;
  const start = cursor.offset;
  const size = cursor.u16(`size of ${what}`);
  if (size !== cursor.remaining) {
    throw cursor.errorAt(start, `${cursor.remaining}, the size of ${what}`, `${size}`);
  }
  return cursor;
}

/** @throws FormatError where something stands behind a structure */
export function expectEnd(cursor: Cursor, what: string): void {
  if (cursor.remaining === 0) return;
  throw cursor.errorAt(cursor.offset, `the end of ${what}`, `${cursor.remaining} more bytes`);
}
