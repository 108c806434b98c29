import { expect, test } from 'vitest';
import { STATES } from '../judge/finding.ts';
import { judged, resultWith } from './testing/sample-result.ts';
import { verdictOf } from './verdict.ts';

const PASSED = judged('CVM-XX-001', 'MUST', 'pass');

test.each(STATES)('a MUST that is %s beside one that passed', (state) => {
  const verdict = verdictOf(resultWith([PASSED, judged('CVM-XX-002', 'MUST', state)]));
  const open = state === 'skip' || state === 'not-tested';
  expect(verdict).toBe(state === 'pass' ? 'conforms' : open ? 'open' : 'fails');
});

test('a SHOULD takes nothing from it, and alone shows nothing', () => {
  const failed = judged('CVM-XX-002', 'SHOULD', 'fail');
  expect(verdictOf(resultWith([PASSED, failed]))).toBe('conforms');
  expect(verdictOf(resultWith([judged('CVM-XX-003', 'SHOULD', 'pass')]))).toBe('open');
  expect(verdictOf(resultWith([]))).toBe('open');
});

test('a part of the tests that passed shows no conformance, one that failed shows that there is none', () => {
  const part = (requirements: Parameters<typeof resultWith>[0]) => {
    const result = resultWith(requirements);
    return verdictOf({ ...result, run: { ...result.run, quick: true } });
  };
  expect(part([PASSED])).toBe('open');
  expect(part([PASSED, judged('CVM-XX-002', 'MUST', 'fail')])).toBe('fails');
});
