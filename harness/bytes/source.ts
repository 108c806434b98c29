import { FormatError } from './format-error.ts';

/**
 * Bytes that can be read in pieces, so that a reader of a 10 GB disk costs what it looks at.
 * Pure rooms know only this interface; `harness/host` opens files behind it.
 */
export type ByteSource = {
  /** Name for error messages: the file as the user gave it. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /**
   * @param offset first byte, from the start of the source
   * @param length number of bytes; the range must lie inside the source
   * @returns exactly `length` bytes, to be treated as read-only
   */
  read(offset: number, length: number): Uint8Array;
};

/**
 * A source over bytes that are already in memory.
 *
 * @param name name for error messages
 * @param bytes the whole content
 */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/**
 * Reads a range after checking that the file holds it.
 *
 * @param source where to read
 * @param offset first byte, from the start of the source
 * @param length number of bytes
 * @param what what the range holds, for the error message
 * @throws FormatError where the range reaches beyond the end of the source
 */
export function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new FormatError({
      file: source.name,
      offset: Math.max(0, Math.min(offset, source.size)),
      expected: `${length} bytes of ${what}`,
      found: `a file that ends at 0x${source.size.toString(16)}`,
    });
  }
  return source.read(offset, length);
}

/** Size of the pieces in which {@link chunksOf} reads: memory for larger ones is new, and zeroed, each time. */
const CHUNK_BYTES = 1 << 18;

/**
 * Reads a range in pieces, for hashing what is too large to hold.
 *
 * @param source where to read
 * @param offset first byte, from the start of the source
 * @param length number of bytes
 * @param what what the range holds, for the error message
 * @throws FormatError where the range reaches beyond the end of the source
 */
export function* chunksOf(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Generator<Uint8Array, void, undefined> {
  readRange(source, offset + length, 0, what);
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    yield readRange(source, offset + done, Math.min(CHUNK_BYTES, length - done), what);
  }
}
