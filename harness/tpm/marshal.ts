/** Unsigned integers as a TPM marshals them: big-endian (TPM 2.0 Library, Part 1, 7.1). */
export function u16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** See {@link u16}. */
export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A TPM2B: the bytes behind their size of two bytes (Part 2, 10.4). */
export function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([u16(bytes.length), bytes]);
}
