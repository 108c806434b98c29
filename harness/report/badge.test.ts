import { expect, it } from 'vitest';
import { badge } from './badge.ts';
import { judged, resultWith } from './testing/sample-result.ts';

it.each([
  [['pass', 'pass'], 'brightgreen', '2 of 2 MUST'],
  [['pass', 'skip'], 'yellow', '1 of 2 MUST, 1 not judged'],
  [['pass', 'fail'], 'red', '1 of 2 MUST, 1 failed'],
  [['fail', 'not-tested'], 'red', '0 of 2 MUST, 1 failed, 1 not judged'],
  [['vacuous', 'error'], 'red', '0 of 2 MUST, 2 failed'],
  [[], 'yellow', '0 of 0 MUST'],
] as const)('a run of %j has a badge in %s', (states, color, message) => {
  const requirements = states.map((state, at) => judged(`CVM-XX-00${at}`, 'MUST', state));
  const said = badge(resultWith(requirements));
  expect(said).toEqual({ schemaVersion: 1, label: 'CVM conformance', message, color });
});

it('a part of the tests is not green', () => {
  const result = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
  expect(badge({ ...result, run: { ...result.run, quick: true } })).toMatchObject({
    color: 'yellow',
    message: '1 of 1 MUST (part)',
  });
});

it('a SHOULD that is not met is no failed MUST', () => {
  const requirements = [
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'SHOULD', 'fail'),
  ];
  expect(badge(resultWith(requirements))).toMatchObject({
    color: 'brightgreen',
    message: '1 of 1 MUST',
  });
});
