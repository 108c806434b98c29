import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';

/** Tags of the DER elements that X.509 and CMS are made of (X.690, 8.1.2). */
export const DER_TAG = {
  integer: 0x02,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** Constructed, context-specific 0 and 1. */
  context0: 0xa0,
  context1: 0xa1,
} as const;

/** One element: what stands in the file, and its content without tag and length. */
export type DerElement = {
  readonly tag: number;
  /** Where the tag lies in the file. */
  readonly offset: number;
  /** Tag, length and content. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
};

/**
 * Passes one element of definite length.
 *
 * @param cursor where the element begins
 * @param what what the element is, for the error message
 * @throws FormatError where it reaches beyond the cursor's bytes, or its length is indefinite
 */
export function readElement(cursor: Cursor, what: string): DerElement {
  const offset = cursor.offset;
  const tag = cursor.u8(`tag of ${what}`);
  const length = readLength(cursor, what);
  const headerBytes = cursor.offset - offset;
  const content = cursor.take(length, what);
  const bytes = new Uint8Array(
    content.buffer,
    content.byteOffset - headerBytes,
    headerBytes + length,
  );
  return { tag, offset, bytes, content };
}

/**
 * Passes one element that must have a known tag.
 *
 * @throws FormatError where another element stands there, or none
 */
export function expectElement(cursor: Cursor, tag: number, what: string): DerElement {
  const element = readElement(cursor, what);
  if (element.tag === tag) return element;
  throw cursor.errorAt(
    element.offset,
    `${what} (DER tag 0x${tag.toString(16)})`,
    `DER tag 0x${element.tag.toString(16)}`,
  );
}

/**
 * Passes an element if it has the given tag, and leaves the cursor alone if not.
 *
 * @param what what the element is, for error messages
 * @throws FormatError where it has the tag, and is damaged
 */
export function optionalElement(
  cursor: DerCursor,
  tag: number,
  what: string,
): DerElement | undefined {
  return cursor.nextTag === tag ? readElement(cursor, what) : undefined;
}

/**
 * Passes an OBJECT IDENTIFIER.
 *
 * @returns its content, lower-case hex
 * @throws FormatError where another element stands there, or OpenSSL would not take it for one: a number in
 *   it does not end, or begins with a zero (X.690, 8.19.2)
 */
export function expectOid(cursor: Cursor, what: string): string {
  const { content, offset } = expectElement(cursor, DER_TAG.oid, what);
  const ends = (content.at(-1) ?? 0x80) < 0x80;
  const isShort = content.every((byte, at) => byte !== 0x80 || (content[at - 1] ?? 0) >= 0x80);
  if (ends && isShort) return toHex(content);
  throw cursor.errorAt(offset, `an object identifier as ${what}`, toHex(content) || 'none');
}

/** A cursor over the elements inside of an element; it can look at the next tag. */
export class DerCursor extends Cursor {
  readonly #bytes: Uint8Array;

  /**
   * @param file name for error messages
   * @param bytes elements, one after the other
   * @param offset where the bytes begin in the file
   */
  constructor(file: string, bytes: Uint8Array, offset: number) {
    super(file, bytes, 'big', offset);
    this.#bytes = bytes;
  }

  /** Opens a cursor over the content of an element of this cursor's file. */
  inside(element: DerElement): DerCursor {
    const headerBytes = element.bytes.length - element.content.length;
    return new DerCursor(this.file, element.content, element.offset + headerBytes);
  }

  /** Tag of the next element; absent at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#bytes.length - this.remaining];
  }
}

/** Definite lengths of up to four bytes (X.690, 8.1.3). */
function readLength(cursor: Cursor, what: string): number {
  const start = cursor.offset;
  const first = cursor.u8(`length of ${what}`);
  if (first < 0x80) return first;
  const count = first & 0x7f;
  if (count === 0 || count > 4) {
    throw cursor.errorAt(start, `a definite length of ${what}`, `0x${first.toString(16)}`);
  }
  let length = 0;
  for (const byte of cursor.take(count, `length of ${what}`)) length = length * 256 + byte;
  return length;
}
