import { expect, test } from 'vitest';
import { STATES } from '../judge/finding.ts';
import { summarise, totals } from './summary.ts';

test('requirements are counted by state, and by level where they are met', () => {
  const summary = summarise([
    { level: 'MUST', state: 'pass' },
    { level: 'MUST', state: 'pass' },
    { level: 'MUST', state: 'skip' },
    { level: 'SHOULD', state: 'fail' },
  ]);
  expect(summary).toEqual({
    pass: 2,
    fail: 1,
    vacuous: 0,
    error: 0,
    flaky: 0,
    skip: 1,
    'not-tested': 0,
    must: { met: 2, total: 3 },
    should: { met: 0, total: 1 },
  });
});

test('every state is passed, failed or skipped', () => {
  const summary = summarise(STATES.map((state) => ({ level: 'MUST', state })));
  expect(totals(summary)).toEqual({ passed: 1, failed: 4, skipped: 2 });
});
