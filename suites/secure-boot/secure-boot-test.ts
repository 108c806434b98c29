import { inject } from 'vitest';
import { test as base } from '../suite-test.ts';
import { AuthorityRuns } from './authority-runs.ts';
import { TrialRuns } from './trial-runs.ts';

/** What the words of this suite have: what was run once serves every test. */
export const test = base
  .extend('trials', { scope: 'worker' }, ({ admission }, { onCleanup }) => {
    const runs = new TrialRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  .extend('authorities', { scope: 'worker' }, ({ admission }, { onCleanup }) => {
    const runs = new AuthorityRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  });
