import fc from 'fast-check';
import { FormatError } from '../../bytes/format-error.ts';

/** Changes of a file that a hostile or broken one may have. */
export function mutations(bytes: Uint8Array, hot = bytes.length): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: hot - 1 });
  const value = fc.oneof(
    fc.integer({ min: 0, max: 0xff }).map((byte) => [byte]),
    fc.constantFrom(
      [0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff, 0x7f],
      [0, 0, 0, 0x80],
    ),
  );
  const change = fc.oneof(
    fc.tuple(at, value).map(([offset, replacement]) => (input: Uint8Array) => {
      const output = Uint8Array.from(input);
      if (offset + replacement.length <= output.length) output.set(replacement, offset);
      return output;
    }),
    fc.nat({ max: bytes.length }).map((length) => (input: Uint8Array) => input.subarray(0, length)),
    fc.tuple(at, fc.nat({ max: 64 })).map(
      ([offset, count]) =>
        (input: Uint8Array) =>
          new Uint8Array(
            Buffer.concat([input.subarray(0, offset), input.subarray(offset + count)]),
          ),
    ),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((input, apply) => apply(input), bytes));
}

/**
 * Runs a reader that may refuse its input.
 *
 * @returns what it gave, or its FormatError; anything else is thrown on
 */
export function resultOrFormatError<Result>(read: () => Result): Result | FormatError {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}
