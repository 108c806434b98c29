import { UsageError } from '../host/errors.ts';

/**
 * A parser of numbers for an option: decimal or 0x-hex.
 *
 * @param option name for error messages, e.g. `--vcpus`
 * @param max the largest number that makes sense
 */
export function numberOption(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(`${option}: expected a number from ${min} to ${max}, found "${text}"`);
  };
}
