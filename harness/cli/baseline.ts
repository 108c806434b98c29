import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { diffResults } from '../report/diff-results.ts';
import type { Result } from '../report/result.ts';
import { type Asked, isAsked } from './exit-code-of-run.ts';
import { renderDiff } from './results-diff-text.ts';

/** Name of the file in a run's folder with what changed since its baseline. */
const DIFF_FILE = 'baseline-diff.json';

/**
 * Compares a run with its baseline, keeps what changed, and says it on stderr. What the run was not asked to
 * judge is no regression.
 *
 * @param run directory of the run
 * @param asked which requirements the run was asked for
 * @returns whether a requirement regressed, or is gone
 */
export async function hasRegressed(
  run: string,
  baseline: Result,
  result: Result,
  asked: Asked,
): Promise<boolean> {
  const unasked = new Set(
    result.requirements
      .filter(({ state }) => state === 'not-tested' && !isSameSelection(baseline, result, asked))
      .filter((one) => !isAsked(one, asked))
      .map(({ id }) => id),
  );
  const only = (one: Result): Result => ({
    ...one,
    requirements: one.requirements.filter(({ id }) => !unasked.has(id)),
  });
  const diff = diffResults(only(baseline), only(result));
  await writeFileAtomically(join(run, DIFF_FILE), `${JSON.stringify(diff, null, 1)}\n`);
  const text = renderDiff({ ...diff, events: [], explanations: [], unseen: [] });
  process.stderr.write(`since the baseline of ${baseline.run.startedAt}:\n${text}`);
  return diff.regressed.length + diff.removed.length > 0;
}

/** Of two runs of the quick selection, both have judged what is in it. */
function isSameSelection(baseline: Result, result: Result, { suite, requirement }: Asked): boolean {
  const areQuick = [baseline, result].every(({ run }) => run.quick === true && !run.shard);
  return areQuick && suite === undefined && requirement === undefined;
}
