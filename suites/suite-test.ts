import { test as base, inject } from 'vitest';
import { admissionOf } from './admission.ts';
import { Boots } from './boots.ts';
import { TEST_MS } from './record.ts';

/**
 * Who may run a VM now. It is no fixture: where tests begin side by side, one whose fixture needs another was
 * seen to get it before it was there.
 */
export const admission = admissionOf(inject('setting'));

/** What every word of the suites has. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
export const test = base.extend('boots', { scope: 'worker' }, ({}, { onCleanup }) => {
  const boots = new Boots(inject('setting'), admission);
  onCleanup(() => boots[Symbol.asyncDispose]());
  return boots;
});

/**
 * How a test runs that needs VMs: beside others, where more than one may run.
 *
 * @param machines what is booted for it and serves other tests as well; these stay in one shard
 */
export function needing(...machines: readonly string[]) {
  return { timeout: TEST_MS, concurrent: inject('setting').jobs > 1, meta: { machines } };
}
