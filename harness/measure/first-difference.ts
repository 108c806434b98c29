import { ALL_BANKS } from './bank.ts';
import type { MeasuredEvent } from './event.ts';

/** The first event at which two logs of one PCR part. */
export type FirstDifference = {
  readonly pcr: number;
  /** Position among the events of this PCR, from 0. */
  readonly index: number;
  /** `null` where this side has no further event. */
  readonly a: MeasuredEvent | null;
  readonly b: MeasuredEvent | null;
};

/**
 * Aligns the events of one PCR from its first one on.
 *
 * @param pcr which PCR
 * @param a events of any PCRs, in the order in which they were extended
 * @param b the same of the other side
 * @returns the first pair whose digests differ in a bank that both have, or the first event that
 *   one side has alone; `undefined` where there is none, or where the sides have no bank in common
 */
export function firstDifference(
  pcr: number,
  a: readonly MeasuredEvent[],
  b: readonly MeasuredEvent[],
): FirstDifference | undefined {
  const [ofA, ofB] = [a, b].map((events) => events.filter((event) => event.pcr === pcr));
  if (ofA === undefined || ofB === undefined) return undefined;
  for (let index = 0; index < Math.max(ofA.length, ofB.length); index++) {
    const pair = { pcr, index, a: ofA[index] ?? null, b: ofB[index] ?? null };
    const same = haveSameDigests(pair.a, pair.b);
    if (same !== true) return same === false ? pair : undefined;
  }
  return undefined;
}

/** `undefined` where the digests of two events have no bank in common. */
function haveSameDigests(a: MeasuredEvent | null, b: MeasuredEvent | null): boolean | undefined {
  if (a === null || b === null) return false;
  const banks = ALL_BANKS.filter(
    (bank) => a.digests[bank] !== undefined && b.digests[bank] !== undefined,
  );
  if (banks.length === 0) return undefined;
  return banks.every((bank) => a.digests[bank] === b.digests[bank]);
}
