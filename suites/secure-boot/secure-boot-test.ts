import { inject } from 'vitest';
import { admission, test as base } from '../suite-test.ts';
import { AuthorityRuns } from './authority-runs.ts';
import { RefusedKernelRuns } from './refused-kernel.ts';
import { StubRuns } from './stub-runs.ts';
import { TrialRuns } from './trial-runs.ts';
import { VariableRuns } from './variable-runs.ts';

/** What the words of this suite have: what was run once serves every test. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('trials', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new TrialRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('authorities', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new AuthorityRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('starts', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new StubRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('variables', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new VariableRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('refusedKernels', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new RefusedKernelRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  });
