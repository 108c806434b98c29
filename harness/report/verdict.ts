import { partOf } from './claim.ts';
import type { Result } from './result.ts';

/**
 * What a run as a whole comes to, as a function of states alone. `conforms` is only one that claims it;
 * `fails` is one in which a MUST was looked at and does not hold; `open` is all between: some MUST was not
 * looked at, or only a part was run.
 */
export type Verdict = 'conforms' | 'fails' | 'open';

/** @returns what the run comes to; a part that passed is `open`, as it judges less than requirements ask for */
export function verdictOf(result: Pick<Result, 'run' | 'requirements'>): Verdict {
  const musts = result.requirements.filter(({ level }) => level === 'MUST');
  const unmet = musts.filter(({ state }) => state !== 'pass');
  if (unmet.some(({ state }) => state !== 'skip' && state !== 'not-tested')) return 'fails';
  const isWhole = partOf(result) === undefined;
  return isWhole && musts.length > 0 && unmet.length === 0 ? 'conforms' : 'open';
}
