import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';

/**
 * Refuses a number in a PE header that breaks a rule.
 *
 * @param source the image, for its name
 * @param holds whether the rule holds
 * @param problem where the number stands in the file, what the rule is, and the number
 * @throws FormatError where it does not hold
 */
export function checkPe(
  source: ByteSource,
  holds: boolean,
  problem: { readonly offset: number; readonly expected: string; readonly found: number },
): void {
  if (holds) return;
  const found = `0x${problem.found.toString(16)}`;
  throw new FormatError({ ...problem, file: source.name, found });
}
