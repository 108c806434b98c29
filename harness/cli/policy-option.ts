import { UsageError } from '../host/errors.ts';

/** SMT is allowed; the lowest version of the ABI; nothing else. */
export const DEFAULT_POLICY = 0x30000n;

/** Reserved, must be one (AMD 56860, 4.3, GUEST_POLICY). */
const MUST_BE_ONE = 1n << 17n;

/**
 * A guest policy: decimal or 0x-hex.
 *
 * @throws UsageError where it is no number of 64 bits, or none that a guest can be launched with
 */
export function parsePolicy(text: string): bigint {
  const policy = /^(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(text) ? BigInt(text) : undefined;
  if (policy === undefined || policy >> 64n !== 0n) {
    const found = text.slice(0, 64);
    throw new UsageError(`--policy: expected a number such as 0x30000, found "${found}"`);
  }
  if ((policy & MUST_BE_ONE) !== 0n) return policy;
  throw new UsageError('--policy: bit 17 must be one, or no guest can be launched');
}
