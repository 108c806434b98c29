import type { Flip } from '../../harness/coverage/flipped-source.ts';
import type { Outcome } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import { sampleRegions, type Trial } from '../../harness/coverage/sample.ts';
import type { SampleSize } from '../../harness/coverage/try-sample.ts';
import type { FlipReport, TriedFlip } from '../../harness/judge/judge-flips.ts';
import { type FlippedRun, type RunTrace, traceOf, triedFlip } from './flip-verdict.ts';

/** How often it is told how far it is, in bits. */
const STEP = 10;

/** A file whose bits are flipped, and how it is booted with that. */
export type FlipBench = {
  /** The circumstances; begins a sentence. */
  readonly about: string;
  /** What the file is called in the report. */
  readonly file: string;
  /** What the map says of it, as far as boots show it. */
  readonly regions: readonly Region[];
  /** Bits besides those that a seed chooses. */
  readonly chosen?: readonly Trial[];
  /** Boots with bits flipped: none, one, or several at once. */
  readonly boot: (flips: readonly Flip[]) => Promise<FlippedRun>;
  /** What a forecast makes of a flip; absent where there is none. */
  readonly forecast?: (flip: Flip) => Outcome;
};

/**
 * Flips bits of every region for real, and boots. Those of which nothing is said to tell are flipped together:
 * where nothing tells of all of them, nothing tells of any. Where something does, each half is tried: it may
 * be two that only count together, as in a table and its backup. Every other bit is flipped alone.
 *
 * @param size how many bits of each region, and the seed
 * @param step is told what is being done
 * @throws what `bench.boot` throws
 */
export async function tryFlips(
  bench: FlipBench,
  size: SampleSize,
  step: (text: string) => void,
): Promise<FlipReport> {
  const { about, file, regions, chosen = [], boot, forecast } = bench;
  const unchanged = traceOf(await boot([]));
  const verdict = (trial: Trial, trace: RunTrace) =>
    triedFlip(file, trial, unchanged, {
      trace,
      ...(forecast && { forecast: forecast(trial) }),
    });
  const trials = [...sampleRegions(regions, size.count, size.seed), ...chosen];
  const together = trials.filter(({ region }) => isUnprotected(region));
  const alone = trials.filter((trial) => !together.includes(trial));
  const flips: TriedFlip[] = [];
  const open: (readonly Trial[])[] = [together, ...alone.map((trial) => [trial])].filter(
    ({ length }) => length > 0,
  );
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const trace = traceOf(await boot(next));
    const verdicts = next.map((trial) => verdict(trial, trace));
    const isTold = verdicts.some(({ disagreement }) => disagreement !== undefined);
    if (isTold && next.length > 1) open.unshift(...halves(next));
    else flips.push(...verdicts);
    if (flips.length % STEP === 0) step(`${about}: ${flips.length} of ${trials.length} bits`);
  }
  const seen = unchanged.refusal ?? `${unchanged.extends.length} extends, then the kernel`;
  return { about, unchanged: { isSound: unchanged.hasStarted, seen }, flips };
}

function halves<T>(all: readonly T[]): readonly (readonly T[])[] {
  const middle = all.length >> 1;
  return [all.slice(0, middle), all.slice(middle)];
}

/**
 * Bytes that say where others are may have a say in what is measured of those, and code may end the boot; a
 * file that the firmware writes anew shows nothing of other flips in it.
 */
function isUnprotected({ detectedBy, steers, executed, rewritten }: Region): boolean {
  return detectedBy.length === 0 && !steers && !executed && !rewritten;
}
