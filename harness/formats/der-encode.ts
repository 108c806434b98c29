/**
 * One DER element of definite length (X.690, 8.1 and 10.1).
 *
 * @param tag its tag, e.g. 0x30 for a SEQUENCE
 * @param content what it holds, one after the other; less than 16 MiB
 */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(body.length)]), body]);
}

/** A DER SEQUENCE. */
export function derSequence(...content: readonly Uint8Array[]): Buffer {
  return derElement(0x30, ...content);
}

/**
 * A DER OBJECT IDENTIFIER.
 *
 * @param hex its content
 */
export function derOid(hex: string): Buffer {
  return derElement(0x06, Buffer.from(hex, 'hex'));
}

/** A DER INTEGER between 0 and 127. */
export function derSmallInteger(value: number): Buffer {
  return derElement(0x02, Buffer.from([value]));
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}
