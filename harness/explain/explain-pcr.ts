import type { Explanation, Words } from './explanation.ts';
import { hardwareDifference } from './machine-difference.ts';
import { type Pair, pairContents, type Side } from './paired-contents.ts';
import { wordsOfDifference } from './words-of-difference.ts';
import { wordsOfOne } from './words-of-one.ts';

/** Sentences of one PCR; a log with more differences is of another boot altogether. */
const MOST_EXPLANATIONS = 32;

/**
 * Says in words what differs between the events of one PCR: what side B has that side A has not.
 *
 * @param pcr which PCR
 * @param a one side: what was expected
 * @param b the other side: what was observed
 * @returns a sentence for each difference, in order, 32 at most; none where the sides agree, or
 *   have no bank in common
 */
export function explainPcr(pcr: number, a: Side, b: Side): readonly Explanation[] {
  const pairs = pairContents(pcr, a, b);
  const hardware = hardwareDifference(a.machine, b.machine);
  return pairs
    .filter((pair, place) => !isContentOfNamed(pair, pairs[place - 1]))
    .slice(0, MOST_EXPLANATIONS)
    .map((pair) => ({ pcr, index: pair.index, ...wordsOf(pair, hardware) }));
}

function wordsOf({ a, b }: Pair, hardware: string | undefined): Words {
  if (a && b) return wordsOfDifference(a, b, hardware);
  if (a) return wordsOfOne(a, 'a');
  if (b) return wordsOfOne(b, 'b');
  throw new TypeError('a difference of no event');
}

/** A section that only one side has is told of once, by its name. */
function isContentOfNamed({ a, b }: Pair, before: Pair | undefined): boolean {
  if (a !== null && b !== null) return false;
  const [only, named] = [a ?? b, before?.a ?? before?.b];
  return only?.kind === 'section' && named?.kind === 'section name' && named.name === only.name;
}
