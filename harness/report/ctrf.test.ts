import { validateStrict } from 'ctrf';
import { expect, test } from 'vitest';
import { ctrfReport } from './ctrf.ts';
import { judged, resultWith } from './testing/sample-result.ts';

const report = ctrfReport(
  resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'MUST', 'pass', 'fail'),
    judged('CVM-XX-003', 'MUST', 'vacuous'),
    judged('CVM-XX-004', 'MUST', 'flaky'),
    judged('CVM-XX-005', 'MUST', 'error'),
    judged('CVM-XX-006', 'MUST', 'skip'),
    judged('CVM-XX-007', 'SHOULD'),
  ]),
);

test('a CTRF report is one by its own schema', () => {
  expect(() => validateStrict(report)).not.toThrow();
});

test('there is a test for each requirement, and what is no pass counts as none', () => {
  expect(report).toMatchObject({
    results: {
      summary: {
        tests: 7,
        passed: 1,
        failed: 3,
        skipped: 1,
        pending: 1,
        other: 1,
        start: Date.parse('2026-11-21T07:00:00.000Z'),
        duration: 120_500,
      },
      tests: [
        { testId: 'CVM-XX-001', status: 'passed', rawStatus: 'pass', suite: ['measured-boot'] },
        {
          status: 'failed',
          rawStatus: 'fail',
          message: 'PCR 11 has the predicted value',
          trace: expect.stringMatching(/^fail: PCR 11 .*\nmachine: uki-verity\nexpected: /),
        },
        { status: 'failed', rawStatus: 'vacuous' },
        { status: 'failed', rawStatus: 'flaky' },
        { status: 'other', rawStatus: 'error' },
        { status: 'skipped' },
        { status: 'pending', rawStatus: 'not-tested', tags: ['SHOULD'] },
      ],
    },
  });
});
