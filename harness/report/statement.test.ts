import { expect, it } from 'vitest';
import type { State } from '../judge/finding.ts';
import { testResultStatement } from './statement.ts';
import { judged, resultWith } from './testing/sample-result.ts';

it('names the images by digest, and what each requirement came to', () => {
  const states = ['pass', 'fail', 'vacuous', 'error', 'flaky', 'skip'] as const;
  const result = resultWith(states.map((state, at) => judged(`CVM-XX-00${at}`, 'MUST', state)));
  expect(testResultStatement(result)).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'uki-verity', digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: 'FAILED',
      configuration: expect.arrayContaining([
        { name: 'OVMF_CODE_4M.fd', digest: { sha256: 'ab'.repeat(32) } },
        { name: 'qemu', annotations: { version: '10.0.2' } },
      ]),
      passedTests: ['CVM-XX-000'],
      warnedTests: ['CVM-XX-004', 'CVM-XX-005'],
      failedTests: ['CVM-XX-001', 'CVM-XX-002', 'CVM-XX-003'],
    },
  });
});

it.each<[State, 'MUST' | 'SHOULD', string]>([
  ['pass', 'MUST', 'PASSED'],
  ['skip', 'MUST', 'WARNED'],
  ['not-tested', 'MUST', 'WARNED'],
  ['fail', 'SHOULD', 'WARNED'],
  ['fail', 'MUST', 'FAILED'],
  ['vacuous', 'MUST', 'FAILED'],
  ['error', 'MUST', 'FAILED'],
  ['flaky', 'MUST', 'FAILED'],
])('%s of a %s is %s', (state, level, verdict) => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', level, state),
  ]);
  expect(testResultStatement(result)).toMatchObject({ predicate: { result: verdict } });
});

it('is none of conformance where only a part was run', () => {
  const result = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
  const part = { ...result, run: { ...result.run, quick: true as const } };
  expect(testResultStatement(part)).toMatchObject({ predicate: { result: 'WARNED' } });
});

it('has a commit only where the checkout is just that', () => {
  const commit = 'c0'.repeat(20);
  const of = (one: string) => {
    const result = resultWith([]);
    return JSON.stringify(
      testResultStatement({ ...result, suite: { ...result.suite, commit: one } }),
    );
  };
  expect(of(commit)).toContain(`"gitCommit":"${commit}"`);
  expect(of(`${commit}-dirty`)).not.toContain('gitCommit');
});
