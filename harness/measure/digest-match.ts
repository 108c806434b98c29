import { BANKS, type Bank, digestsOf } from './bank.ts';
import { type Preimages, preimagesOf } from './event-preimage.ts';
import type { LogEvent } from './log-event.ts';

/**
 * Whether an event's digests are those of its event field.
 *
 * @returns `true` where the measured bytes stand in the event field, `false` where they should and
 *   do not, `null` where an event of this type does not hold what was measured
 */
export function digestMatchesData(event: LogEvent): boolean | null {
  return digestsMatch(event.digests, preimagesOf(event));
}

/**
 * Holds digests against what may have been hashed.
 *
 * @param digests lower-case hex by TCG name; algorithms that this project does not compute are
 *   left out of the judgement
 * @returns `true` where every digest is that of one and the same candidate, `null` where none is
 *   that of any and none needs to be, else `false`
 */
export function digestsMatch(
  digests: Readonly<Record<string, string>>,
  { candidates, required }: Preimages,
): boolean | null {
  const banks = (Object.keys(BANKS) as Bank[]).filter((bank) => digests[bank] !== undefined);
  if (banks.length === 0 || candidates.length === 0) return null;
  const matches = candidates.map((candidate) => {
    const computed = digestsOf(banks, candidate);
    return banks.filter((bank) => computed[bank] === digests[bank]).length;
  });
  const best = Math.max(...matches);
  if (best === banks.length) return true;
  return best === 0 && !required ? null : false;
}
