import fc from 'fast-check';
import { FormatError } from '../../bytes/format-error.ts';

/** Bytes with up to four of them changed, and perhaps cut short. */
export function changedBytes(sound: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
  return fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(sound.length * 4))
    .map(([changes, length]) => {
      const bytes = Uint8Array.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.subarray(0, length);
    });
}

/** What a reader gives, or its FormatError; anything else is thrown on. */
export function valueOrFormatError<Value>(read: () => Value): Value | FormatError {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}
