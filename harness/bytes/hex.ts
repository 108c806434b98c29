/** Lower-case hexadecimal digits of bytes, without a prefix. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Bytes of hexadecimal digits.
 *
 * @param text digits in either case, without a prefix
 * @returns the bytes, or `undefined` where the text is not an even number of hexadecimal digits
 */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Buffer.from(text, 'hex');
}
