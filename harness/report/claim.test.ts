import { expect, test } from 'vitest';
import { STATES, type State } from '../judge/finding.ts';
import { claimOf, headlineOf } from './claim.ts';
import { finding, judged, resultWith } from './testing/sample-result.ts';
import { verdictOf } from './verdict.ts';

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

/** Nobody has looked. */
const UNJUDGED: readonly State[] = ['skip', 'not-tested'];
const FAILING = STATES.filter((state) => state !== 'pass' && !UNJUDGED.includes(state));

test.each(FAILING)('a MUST that is %s allows none', (state) => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'MUST', state),
  ]);
  expect(claimOf(result)).toBe(
    `No claim: 1 of 2 MUST requirements are met; not met: CVM-XX-002 (${state}).`,
  );
});

test.each(UNJUDGED)(
  'a MUST that is %s is no pass: what was judged is said, and why it was not',
  (state) => {
    const cause = 'a host without SEV-SNP';
    const without = finding({
      state,
      ...(state === 'skip' ? { observed: cause } : { sentence: cause }),
    });
    const result = resultWith([
      judged('CVM-XX-001', 'MUST', 'pass'),
      { ...judged('CVM-XX-002', 'MUST', state), findings: [without] },
      judged('CVM-XX-003', 'SHOULD', 'fail'),
    ]);
    expect(claimOf(result)).toBe(
      'Image uki-verity (sha256 abababababab…) meets 1 of 2 MUST requirements of cvm-conformance 0.1.0, ' +
        'profile emulated, under TCG, all that were judged; no claim of conformance, as 1 was not judged: ' +
        'CVM-XX-002 (a host without SEV-SNP).',
    );
    expect(verdictOf(result)).toBe('open');
  },
);

test('a MUST without any finding allows none', () => {
  expect(claimOf(resultWith([judged('CVM-XX-001', 'MUST')]))).toBe(
    'No claim: of 1 MUST requirements 1 was not judged: CVM-XX-001 (not looked at).',
  );
});

test('causes are told with the most frequent first, and those of many are counted', () => {
  const skipped = (id: number, observed: string) => ({
    ...judged(`CVM-XX-${100 + id}`, 'MUST', 'skip'),
    findings: [finding({ state: 'skip', observed })],
  });
  const many = Array.from({ length: 6 }, (_, index) => skipped(index, 'no dm-verity'));
  const rare = Array.from({ length: 6 }, (_, index) => skipped(10 + index, `cause ${index}`));
  const claim = claimOf(resultWith([judged('CVM-XX-001', 'MUST', 'pass'), ...rare, ...many]));
  expect(claim).toContain(
    'as 12 were not judged: 6 (no dm-verity); CVM-XX-110 (cause 0); CVM-XX-111 (cause 1); ' +
      'CVM-XX-112 (cause 2); CVM-XX-113 (cause 3); 2 for other causes.',
  );
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

test('what failed is named, and what was skipped counted', () => {
  const skipped = ['001', '002', '003', '004', '005', '006'].map((n) =>
    judged(`CVM-XX-${n}`, 'MUST', 'skip'),
  );
  const result = resultWith([...skipped, judged('CVM-XX-007', 'MUST', 'fail')]);
  expect(claimOf(result)).toContain('not met: CVM-XX-007 (fail); 6 not judged.');
});

test('a run that was interrupted makes none, whatever it had judged by then', () => {
  const result = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
  expect(claimOf({ ...result, run: { ...result.run, interrupted: true } })).toBe(
    'No claim: only what came before an interruption was run.',
  );
});

test('the headline counts what is met and what was not judged', () => {
  const met = judged('CVM-XX-001', 'MUST', 'pass');
  const failed = judged('CVM-XX-002', 'MUST', 'fail');
  expect(headlineOf(resultWith([met, failed]))).toBe('1 of 2 MUST requirements are met');
  const skipped = judged('CVM-XX-003', 'MUST', 'skip');
  const ofShould = judged('CVM-XX-004', 'SHOULD', 'skip');
  expect(headlineOf(resultWith([met, failed, skipped, ofShould]))).toBe(
    '1 of 3 MUST requirements are met, 1 not judged',
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
