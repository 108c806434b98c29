import type { State } from '../judge/finding.ts';
import type { JudgedRequirement, Summary } from './result.ts';

type Judged = Pick<JudgedRequirement, 'level' | 'state'>;

/** Counts requirements by state and level. */
export function summarise(requirements: readonly Judged[]): Summary {
  const inState = (state: State) => requirements.filter((one) => one.state === state).length;
  return {
    pass: inState('pass'),
    fail: inState('fail'),
    vacuous: inState('vacuous'),
    error: inState('error'),
    flaky: inState('flaky'),
    skip: inState('skip'),
    'not-tested': inState('not-tested'),
    must: tally(requirements, 'MUST'),
    should: tally(requirements, 'SHOULD'),
  };
}

function tally(requirements: readonly Judged[], level: Judged['level']): Summary['must'] {
  const ofLevel = requirements.filter((one) => one.level === level);
  return { met: ofLevel.filter(({ state }) => state === 'pass').length, total: ofLevel.length };
}

/** The three numbers of a run's last line. */
export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Whatever ran and did not simply hold is failed; whatever did not run is skipped. */
export function totals(summary: Summary): Totals {
  const { pass, fail, vacuous, error, flaky, skip } = summary;
  return {
    passed: pass,
    failed: fail + vacuous + error + flaky,
    skipped: skip + summary['not-tested'],
  };
}
