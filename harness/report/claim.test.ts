import { expect, test } from 'vitest';
import { STATES } from '../judge/finding.ts';
import { claimOf } from './claim.ts';
import { judged, resultWith } from './testing/sample-result.ts';

test('there is a claim where every MUST passed, whatever became of the SHOULDs', () => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'MUST', 'pass'),
    judged('CVM-XX-003', 'SHOULD', 'fail'),
  ]);
  expect(claimOf(result)).toBe(
    'Image uki-verity (sha256 abababababab…) meets all 2 MUST and 0 of 1 SHOULD requirements ' +
      'of cvm-conformance 0.1.0, profile emulated, under TCG.',
  );
});

test.each(STATES.filter((state) => state !== 'pass'))('a MUST that is %s allows none', (state) => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'MUST', state),
  ]);
  expect(claimOf(result)).toBe(
    `No claim: 1 of 2 MUST requirements are met; not met: CVM-XX-002 (${state}).`,
  );
});

test('a MUST without any finding allows none', () => {
  expect(claimOf(resultWith([judged('CVM-XX-001', 'MUST')]))).toContain('(not-tested)');
});

test('SHOULD requirements alone make no claim', () => {
  const result = resultWith([judged('CVM-XX-001', 'SHOULD', 'pass')]);
  expect(claimOf(result)).toBe('No claim: there is no MUST requirement.');
});

test('of many unmet requirements the first are named and the others counted', () => {
  const ids = ['001', '002', '003', '004', '005', '006', '007'].map((n) => `CVM-XX-${n}`);
  const claim = claimOf(resultWith(ids.map((id) => judged(id, 'MUST', 'fail'))));
  expect(claim).toContain('CVM-XX-005 (fail), 2 more.');
  expect(claim).not.toContain('CVM-XX-006');
});

test('what failed is named before all that was skipped', () => {
  const skipped = ['001', '002', '003', '004', '005', '006'].map((n) =>
    judged(`CVM-XX-${n}`, 'MUST', 'skip'),
  );
  const result = resultWith([...skipped, judged('CVM-XX-007', 'MUST', 'fail')]);
  expect(claimOf(result)).toContain('not met: CVM-XX-007 (fail), 6 skipped.');
});

test('a run that was interrupted makes none, whatever it had judged by then', () => {
  const result = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
  expect(claimOf({ ...result, run: { ...result.run, interrupted: true } })).toBe(
    'No claim: only what came before an interruption was run.',
  );
});

test('every image is named', () => {
  const result = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
  const other = { name: 'other', sha256: 'cd'.repeat(32), key: null };
  const images = [...result.environment.images, other];
  expect(claimOf({ ...result, environment: { ...result.environment, images } })).toMatch(
    /^Images uki-verity \(sha256 abababababab…\), other \(sha256 cdcdcdcdcdcd…\) meet all 1 MUST/,
  );
});
