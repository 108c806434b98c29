import { FormatError } from './format-error.ts';
import { formatGuid, GUID_BYTES } from './guid.ts';
import { toHex } from './hex.ts';
import { type ByteSource, readRange } from './source.ts';

/** Byte order of multi-byte integers. EFI and TCG logs are little-endian, TPM structures big-endian. */
export type Endian = 'little' | 'big';

/**
 * A bounded reader that walks through bytes of a file. Every read names what it reads, and a read
 * beyond the end is a {@link FormatError} at the offset in the *file*, however deep the structure.
 */
export class Cursor {
  readonly file: string;
  readonly endian: Endian;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the first byte of this cursor lies in the file. */
  readonly #base: number;
  #position = 0;

  /**
   * @param file name for error messages
   * @param bytes what the cursor walks through
   * @param endian byte order of integers
   * @param base offset of `bytes[0]` in the file
   */
  constructor(file: string, bytes: Uint8Array, endian: Endian = 'little', base = 0) {
    this.file = file;
    this.endian = endian;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  /**
   * Opens a cursor over a range of a source.
   *
   * @throws FormatError where the range reaches beyond the end of the source
   */
  static over(
    source: ByteSource,
    offset: number,
    length: number,
    what: string,
    endian: Endian = 'little',
  ): Cursor {
    return new Cursor(source.name, readRange(source, offset, length, what), endian, offset);
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.#base + this.#position;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), this.endian === 'little');
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), this.endian === 'little');
  }

  /** An unsigned 64-bit integer of any value. */
  u64(what: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, what), this.endian === 'little');
  }

  /**
   * An unsigned 64-bit integer that is a size, a count or an offset.
   *
   * @throws FormatError where it exceeds 2⁵³ − 1
   */
  size64(what: string): number {
    const start = this.offset;
    const value = this.u64(what);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.errorAt(start, `${what} below 2^53`, `0x${value.toString(16)}`);
    }
    return Number(value);
  }

  /** The next `length` bytes, not copied. */
  take(length: number, what: string): Uint8Array {
    const start = this.#advance(length, what);
    return this.#bytes.subarray(start, start + length);
  }

  /** A cursor over the next `length` bytes, which this cursor then has passed. */
  sub(length: number, what: string): Cursor {
    const base = this.offset;
    return new Cursor(this.file, this.take(length, what), this.endian, base);
  }

  /** An EFI GUID as its usual text, e.g. `8be4df61-93ca-11d2-aa0d-00e098032b8c`. */
  guid(what: string): string {
    return formatGuid(this.take(GUID_BYTES, what));
  }

  /**
   * Passes bytes that must have a known value.
   *
   * @throws FormatError where they differ
   */
  expect(value: Uint8Array, what: string): void {
    const start = this.offset;
    const found = this.take(value.length, what);
    if (!value.every((byte, index) => byte === found[index])) {
      throw this.errorAt(start, `${what} ${toHex(value)}`, toHex(found));
    }
  }

  /** A {@link FormatError} at an offset of this cursor's file, to be thrown by the caller. */
  errorAt(offset: number, expected: string, found: string): FormatError {
    return new FormatError({ file: this.file, offset, expected, found });
  }

  #advance(length: number, what: string): number {
    if (!Number.isSafeInteger(length) || length < 0 || length > this.remaining) {
      throw this.errorAt(
        this.offset,
        `${length} bytes of ${what}`,
        `${this.remaining} bytes before the end`,
      );
    }
    const start = this.#position;
    this.#position += length;
    return start;
  }
}
