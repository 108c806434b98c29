import { describe, expect, it } from 'vitest';
import { judged } from '../report/testing/sample-result.ts';
import { exitCodeOfRun } from './exit-code-of-run.ts';

const PASS = judged('CVM-MB-001', 'MUST', 'pass');

describe('the exit code of a run', () => {
  it.each([
    ['pass', 0],
    ['skip', 0],
    ['fail', 1],
    ['vacuous', 1],
    ['flaky', 1],
    ['not-tested', 1],
    ['error', 4],
  ] as const)('with a MUST that is %s: %i', (state, exitCode) => {
    expect(exitCodeOfRun([PASS, judged('CVM-MB-002', 'MUST', state)], {})).toBe(exitCode);
  });

  it('is no success where a finding passes and another one could not be made', () => {
    expect(exitCodeOfRun([judged('CVM-MB-001', 'MUST', 'pass', 'not-tested')], {})).toBe(1);
  });

  it.each([
    ['pass', 0],
    ['skip', 0],
    ['fail', 0],
    ['not-tested', 0],
    ['vacuous', 1],
    ['flaky', 1],
    ['error', 4],
  ] as const)('with a SHOULD that is %s: %i', (state, exitCode) => {
    expect(exitCodeOfRun([PASS, judged('CVM-MB-008', 'SHOULD', state)], {})).toBe(exitCode);
  });

  it('does not count what was not asked for', () => {
    const all = [PASS, judged('CVM-MB-002', 'MUST')];
    expect(exitCodeOfRun(all, {})).toBe(1);
    expect(exitCodeOfRun(all, { requirement: ['CVM-MB-001'] })).toBe(0);
    expect(exitCodeOfRun(all, { requirement: ['CVM-MB-002'] })).toBe(1);
    expect(exitCodeOfRun(all, { suite: ['measured-boot'] })).toBe(1);
    expect(exitCodeOfRun(all, { suite: ['another'] })).toBe(0);
  });
});
