import { ALL_BANKS, type Bank, type Digests } from './bank.ts';

/**
 * The bank in which the digests of two events are shown beside each other: the strongest that both
 * have.
 *
 * @returns `undefined` where they have none in common
 */
export function shownBank(a: Digests, b: Digests): Bank | undefined {
  return ALL_BANKS.findLast((bank) => a[bank] !== undefined && b[bank] !== undefined);
}
