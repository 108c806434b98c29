import { fromHex } from '../bytes/hex.ts';
import { UsageError } from '../host/errors.ts';

/**
 * A parser of hexadecimal digits for an option.
 *
 * @param option name for error messages, e.g. `--measurement`
 * @param bytes how many bytes there must be
 * @returns the parser, which throws UsageError where the text is not so many bytes
 */
export function hexOption(option: string, bytes: number): (text: string) => Uint8Array {
  return (text) => {
    const value = fromHex(text.replace(/^0[xX]/, ''));
    if (value?.length === bytes) return value;
    throw new UsageError(`${option}: expected ${bytes} bytes as ${bytes * 2} hexadecimal digits`);
  };
}
