import { describe, expect, it } from 'vitest';
import { type JudgedBoot, judgeTwins, type TwinChange } from './judge-twins.ts';
import { type Measured, madeObservation, madePrediction } from './testing/made-observation.ts';

const CHANGE: TwinChange = { what: 'another command line', moved: [4], unmoved: [7] };
const PLAIN: readonly Measured[] = [
  [4, 'image'],
  [7, 'policy'],
];
const CHANGED: readonly Measured[] = [
  [4, 'other image'],
  [7, 'policy'],
];

function booted(predicted: readonly Measured[], measured = predicted): JudgedBoot {
  return { prediction: madePrediction(predicted), observation: madeObservation(measured) };
}

function said(boot: JudgedBoot, twin: JudgedBoot, change = CHANGE): readonly string[] {
  return judgeTwins(change, boot, twin).map(({ state, sentence }) => `${state}: ${sentence}`);
}

const MOVES = 'pass: another command line moves PCR 4, as predicted';
const LEAVES = 'pass: another command line leaves PCR 7, as predicted';
const OTHER_VALUE = 'PCR 4 has another value than predicted in sha256 and sha384';
const otherEvent = (from: string, to: string) =>
  `PCR 4 differs first at its event 0: EV_EFI_ACTION differs: ${from} → ${to} (input: boot image)`;

describe('twins', () => {
  it('pass where the change moves and leaves what it should', () => {
    expect(said(booted(PLAIN), booted(CHANGED))).toEqual([MOVES, LEAVES]);
  });

  it('fail where the change was not consumed', () => {
    expect(said(booted(PLAIN), booted(CHANGED, PLAIN))).toEqual([
      'fail: another command line does not move PCR 4 as predicted',
      LEAVES,
      `fail: ${OTHER_VALUE}`,
      `fail: ${otherEvent('other image', 'image')}`,
    ]);
  });

  it('fail where the PCR moves to another value', () => {
    expect(said(booted(PLAIN), booted(CHANGED, [[4, 'third image'], PLAIN[1] ?? [7, '']]))).toEqual(
      [
        'fail: another command line does not move PCR 4 as predicted',
        LEAVES,
        `fail: ${OTHER_VALUE}`,
        `fail: ${otherEvent('other image', 'third image')}`,
      ],
    );
  });

  it('fail where what should stay has moved', () => {
    const moved = booted(CHANGED, [CHANGED[0] ?? [4, ''], [7, 'other policy']]);
    expect(said(booted(PLAIN), moved).slice(0, 2)).toEqual([
      MOVES,
      'fail: another command line does not leave PCR 7 as predicted',
    ]);
  });

  it('prove nothing where the predictions do not differ', () => {
    expect(said(booted(PLAIN), booted(PLAIN))).toEqual([
      'vacuous: another command line is not predicted to move PCR 4',
      LEAVES,
    ]);
  });

  it('prove nothing where the predictions differ in what should stay', () => {
    expect(said(booted(PLAIN), booted(CHANGED), { ...CHANGE, moved: [], unmoved: [4] })).toEqual([
      'vacuous: another command line is not predicted to leave PCR 4',
    ]);
  });

  it('prove nothing where the unchanged boot is not as predicted', () => {
    expect(said(booted(PLAIN, [[4, 'third image'], PLAIN[1] ?? [7, '']]), booted(CHANGED))).toEqual(
      [
        MOVES,
        LEAVES,
        `vacuous: without the change, ${OTHER_VALUE}`,
        `vacuous: without the change, ${otherEvent('image', 'third image')}`,
      ],
    );
  });

  it('prove nothing without banks or values', () => {
    const bare: JudgedBoot = {
      prediction: madePrediction(PLAIN, []),
      observation: { ...madeObservation(PLAIN), pcrs: {} },
    };
    const states = judgeTwins(CHANGE, bare, bare).map(({ state }) => state);
    expect(states.slice(0, 2)).toEqual(['vacuous', 'vacuous']);
    expect(states).not.toContain('pass');
    const unread = { ...CHANGE, moved: [], unmoved: [23] };
    expect(judgeTwins(unread, booted(PLAIN), booted(PLAIN))[0]).toMatchObject({ state: 'vacuous' });
  });

  it('must move in every bank', () => {
    const twin = booted(CHANGED);
    const sha384 = booted(PLAIN).prediction.banks.sha384 ?? {};
    const half = {
      ...twin,
      prediction: { ...twin.prediction, banks: { ...twin.prediction.banks, sha384 } },
    };
    expect(judgeTwins(CHANGE, booted(PLAIN), half)[0]).toMatchObject({ state: 'vacuous' });
  });

  it('do not move where one of them was not read', () => {
    const twin = booted(CHANGED);
    const pcrs = { ...twin.observation.pcrs, sha384: {} };
    const unread = { ...twin, observation: { ...twin.observation, pcrs } };
    expect(said(booted(PLAIN), unread)).toContain(
      'fail: another command line does not move PCR 4 as predicted',
    );
  });
});
