import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** A bit that was flipped for real, and what became of it. */
export type TriedFlip = {
  /** Which file: the disk, the variable store, the firmware. */
  readonly file: string;
  /** What the byte is. */
  readonly region: string;
  /** Of the byte, from the start of the file. */
  readonly offset: number;
  /** The bit that was turned over, as a number with that bit alone. */
  readonly bits: number;
  /** What is said to notice, and what was seen to. */
  readonly predicted: string;
  readonly seen: string;
  /** Where the two part; absent where they agree. */
  readonly disagreement?: string | undefined;
};

/** Bits that were flipped one after the other in the same circumstances. */
export type FlipReport = {
  /** The circumstances; begins a sentence. */
  readonly about: string;
  /** How the same went without any flip, and whether that was as it should be. */
  readonly unchanged: { readonly isSound: boolean; readonly seen: string };
  readonly flips: readonly TriedFlip[];
};

/** Where it can be looked at. */
type Evidence = Pick<Judgement, 'witness' | 'file'>;

/** What a flip is told by where nothing tells of it. */
export const NOTHING = 'nothing';

/**
 * Judges flips: each was noticed by what was said to notice it, or by nothing where nothing was said to.
 *
 * @returns one judgement on the unchanged run, one for each mechanism that was named, and one for each flip
 *   of which something else was said than was seen
 */
export function judgeFlips(report: FlipReport, evidence: Evidence): readonly Judgement[] {
  const wrong = report.flips.filter(({ disagreement }) => disagreement !== undefined);
  const right = report.flips.filter(({ disagreement }) => disagreement === undefined);
  return [
    judgeUnchanged(report, evidence),
    ...[...Map.groupBy(right, ({ predicted }) => predicted)].map(([mechanism, flips]) =>
      judgeAgreeing(report, mechanism, flips, evidence),
    ),
    ...wrong.map((flip) => judgeWrong(report, flip, evidence)),
  ];
}

/** Without a run that is as it should be, or without any flip that is noticed, nothing is proved. */
function judgeUnchanged({ about, unchanged, flips }: FlipReport, evidence: Evidence): Judgement {
  const isNoticed = flips.some(({ seen }) => !seen.startsWith(NOTHING));
  const isSound = unchanged.isSound && isNoticed;
  return {
    ...evidence,
    state: isSound ? 'pass' : 'vacuous',
    sentence: isSound
      ? `${about}: without a flip all is as it should be`
      : printable(
          `${about}: ${unchanged.isSound ? 'no flip is noticed' : 'not even without a flip'}`,
        ),
    expected: 'a run without a flip that comes to its end, and flips that are noticed',
    observed: printable(unchanged.seen),
  };
}

function judgeAgreeing(
  { about }: FlipReport,
  mechanism: string,
  flips: readonly TriedFlip[],
  evidence: Evidence,
): Judgement {
  const count = flips.length === 1 ? '1 flip' : `${flips.length} flips`;
  return {
    ...evidence,
    state: 'pass',
    sentence: `${about}: ${count} of which ${mechanism} is said to tell`,
    expected: mechanism,
    observed: printable(flips.map((flip) => `${placeOf(flip)}: ${flip.seen}`).join('; ')),
  };
}

function judgeWrong({ about }: FlipReport, flip: TriedFlip, evidence: Evidence): Judgement {
  const { predicted, seen, disagreement = '' } = flip;
  return {
    ...evidence,
    state: 'fail',
    sentence: printable(`${about}: ${placeOf(flip)}: ${disagreement}`),
    expected: predicted,
    observed: printable(seen),
  };
}

function placeOf({ file, region, offset, bits }: TriedFlip): string {
  return `${file}, ${region}, bit ${Math.log2(bits)} at 0x${offset.toString(16)}`;
}
