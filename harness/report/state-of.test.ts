import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STATES, type State } from '../judge/finding.ts';
import { stateOf, WORST_FIRST } from './state-of.ts';

const CASES: readonly (readonly [State, readonly State[], string])[] = [
  ['not-tested', [], 'nothing was found'],
  ['pass', ['pass', 'pass'], 'it held wherever it was looked at'],
  ['fail', ['fail', 'error'], 'a violation that was seen stands, whatever else broke'],
  ['fail', ['vacuous', 'fail'], 'a violation that was seen stands'],
  ['error', ['error', 'vacuous'], 'what was not observed may be anything'],
  ['error', ['error', 'pass'], 'a machine that did not boot is not covered by one that did'],
  ['vacuous', ['pass', 'vacuous'], 'half of a proof is none'],
  ['vacuous', ['flaky', 'vacuous'], 'a proof that proves nothing is worse than one that wavers'],
  ['flaky', ['flaky', 'skip', 'pass'], 'it ran and wavered'],
  ['skip', ['pass', 'skip'], 'a part that was skipped did not pass'],
  ['skip', ['not-tested', 'skip'], 'the one that says what the host lacks'],
  ['not-tested', ['not-tested', 'pass'], 'a part that was not tested did not pass'],
];

test.each(CASES)('the state is %s where findings are %j: %s', (state, findings) => {
  expect(stateOf(findings.map((one) => ({ state: one })))).toBe(state);
});

test('every state has its place', () => {
  expect([...WORST_FIRST].sort()).toEqual([...STATES].sort());
});

test('neither order nor repetition of findings matters, and only all passes make a pass', () => {
  const states = fc.array(fc.constantFrom(...STATES), { minLength: 1 });
  fc.assert(
    fc.property(states, (list) => {
      const findings = list.map((state) => ({ state }));
      const state = stateOf(findings);
      expect(list).toContain(state);
      expect(stateOf(findings.toReversed())).toBe(state);
      expect(stateOf([...findings, ...findings])).toBe(state);
      expect(state === 'pass').toBe(list.every((one) => one === 'pass'));
    }),
  );
});
