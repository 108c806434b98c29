import { UsageError } from '../host/errors.ts';

const DIGITS = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/;

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/**
 * A parser of numbers for an option: decimal or 0x-hex.
 *
 * @param option name for error messages, e.g. `--vcpus`
 * @param max the largest number that makes sense
 * @returns the parser, which throws UsageError where the text is no such number
 */
export function numberOption(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = DIGITS.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw outOfRange(option, min, max, text);
  };
}

/**
 * A parser of fields of 64 bits for an option, which a number of JavaScript does not hold: decimal or 0x-hex.
 *
 * @param option name for error messages, e.g. `--guest-features`
 * @returns the parser, which throws UsageError where the text is no such number
 */
export function u64Option(option: string): (text: string) => bigint {
  return (text) => {
    const value = DIGITS.test(text) ? BigInt(text) : -1n;
    if (value >= 0n && value <= MAX_U64) return value;
    throw outOfRange(option, 0n, MAX_U64, text);
  };
}

function outOfRange<N extends number | bigint>(
  option: string,
  min: N,
  max: N,
  text: string,
): UsageError {
  return new UsageError(`${option}: expected a number from ${min} to ${max}, found "${text}"`);
}
