/**
 * Text of UTF-16LE code units, as EFI stores its strings. Unpaired surrogates survive, so that two
 * names that differ in bytes differ as text.
 *
 * @param bytes the code units, little-endian, terminator not included
 */
export function decodeUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}

/**
 * UTF-16LE code units of a text, without a terminator.
 *
 * @param text any text
 */
export function encodeUtf16(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le');
}

/**
 * Text up to the first NUL of UTF-16LE code units.
 *
 * @param bytes the code units, little-endian
 * @returns the text before the terminator; `undefined` where there is none
 */
export function decodeUtf16z(bytes: Uint8Array): string | undefined {
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    if (bytes[index] === 0 && bytes[index + 1] === 0) return decodeUtf16(bytes.subarray(0, index));
  }
  return undefined;
}
