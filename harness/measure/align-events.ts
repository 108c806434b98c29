import { alignSequences, type Match } from './align-sequences.ts';
import { ALL_BANKS } from './bank.ts';
import type { MeasuredEvent } from './event.ts';

/** A place at which two sides of one PCR differ: `a` alone, `b` alone, or one in the other's stead. */
export type EventDifference = {
  /** Position among the events of this PCR on side a, from 0: of `a`, or of what `b` stands before. */
  readonly index: number;
  /** Position of the event among those of side a; `null` where this side has none here. */
  readonly a: number | null;
  /** The same of side b. */
  readonly b: number | null;
};

/** For each event of either side what it measures, such as `variable db`. */
type Topics = { readonly a: readonly string[]; readonly b: readonly string[] };

/** Two runs of events, one of each side, that have nothing in common; the ends are exclusive. */
type Gap = Readonly<Record<'fromA' | 'toA' | 'fromB' | 'toB', number>>;

/**
 * Aligns the events of one PCR beyond the first difference: what both sides measured is passed over,
 * what one side measured instead of the other is paired by its topic.
 *
 * @param a events of one PCR, in the order in which they were extended
 * @param b the same of the other side
 * @param topics an event is paired with one of the same topic only
 * @returns the differences in order; none where the sides have no bank in common
 */
export function alignEvents(
  a: readonly MeasuredEvent[],
  b: readonly MeasuredEvent[],
  topics: Topics,
): readonly EventDifference[] {
  const banks = ALL_BANKS.filter((bank) =>
    [...a, ...b].every(({ digests }) => digests[bank] !== undefined),
  );
  if (banks.length === 0) return [];
  const keyOf = ({ digests }: MeasuredEvent) => banks.map((bank) => digests[bank]).join();
  const matches = alignSequences(a.map(keyOf), b.map(keyOf));
  return gapsBetween(matches, a.length, b.length).flatMap((gap) => pairByTopic(gap, topics));
}

/** Runs of events between those that both sides have. */
function gapsBetween(matches: readonly Match[], endA: number, endB: number): readonly Gap[] {
  const before = [[-1, -1], ...matches] as const;
  const after = [...matches, [endA, endB]] as const;
  return after.map(([toA, toB], at) => {
    const [fromA, fromB] = before[at] ?? [-1, -1];
    return { fromA: fromA + 1, toA, fromB: fromB + 1, toB };
  });
}

function pairByTopic({ fromA, toA, fromB, toB }: Gap, topics: Topics): readonly EventDifference[] {
  const pairs = alignSequences(topics.a.slice(fromA, toA), topics.b.slice(fromB, toB));
  const ends = [...pairs, [toA - fromA, toB - fromB]] as const;
  const differences: EventDifference[] = [];
  let [a, b] = [fromA, fromB];
  for (const [x, y] of ends) {
    for (; a < fromA + x; a++) differences.push({ index: a, a, b: null });
    for (; b < fromB + y; b++) differences.push({ index: a, a: null, b });
    if (a < toA && b < toB) differences.push({ index: a, a: a++, b: b++ });
  }
  return differences;
}
