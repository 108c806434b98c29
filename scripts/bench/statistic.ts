/** Figures of some runs, in milliseconds. */
export type Spread = { readonly min: number; readonly median: number };

/** Figures of two commands that ran in turn; in milliseconds, less what their wrapper takes. */
export type Comparison = {
  /** Counted runs of each. */
  readonly runs: number;
  readonly ours: Spread;
  readonly peer: Spread;
  /** Median of ours over the peer's, run by run: it holds where the machine's speed drifts. */
  readonly ratio: number;
};

/** The samples of one command. */
export type Samples = readonly number[];

/**
 * Compares two commands.
 *
 * @param ours milliseconds of each run
 * @param peer milliseconds of the peer's run that followed it
 * @param wrapperMs what starting the peer's wrapper takes, which is not the peer's doing
 * @throws RangeError where there are no runs, or not as many of both
 */
export function compareRuns(ours: Samples, peer: Samples, wrapperMs: number): Comparison {
  if (ours.length === 0 || ours.length !== peer.length) throw new RangeError('runs go in pairs');
  const alone = peer.map((ms) => Math.max(ms - wrapperMs, Number.EPSILON));
  const ratios = ours.map((ms, run) => ms / (alone[run] ?? Number.NaN));
  return { runs: ours.length, ours: spreadOf(ours), peer: spreadOf(alone), ratio: median(ratios) };
}

function spreadOf(samples: Samples): Spread {
  return { min: Math.min(...samples), median: median(samples) };
}

/** The middle one; of an even number the mean of the middle two. */
export function median(samples: Samples): number {
  const ordered = samples.toSorted((a, b) => a - b);
  const [low, high] = [(ordered.length - 1) >> 1, ordered.length >> 1];
  return ((ordered[low] ?? Number.NaN) + (ordered[high] ?? Number.NaN)) / 2;
}
