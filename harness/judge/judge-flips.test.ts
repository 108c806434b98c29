import { describe, expect, it } from 'vitest';
import { type FlipReport, judgeFlips, type TriedFlip } from './judge-flips.ts';

const evidence = { witness: 'TPM command log', file: 'flips.json' } as const;
const flip: TriedFlip = {
  file: 'disk',
  region: 'PE headers',
  offset: 0x2a0,
  bits: 8,
  predicted: 'PCR 4',
  seen: 'PCR 4',
};
const unnoticed = { ...flip, region: 'slack', predicted: 'nothing', seen: 'nothing' };
const report: FlipReport = {
  about: 'Secure Boot off',
  unchanged: { isSound: true, seen: 'the kernel runs' },
  flips: [flip, unnoticed, { ...flip, offset: 0x2a1 }],
};
const judge = (changed: Partial<FlipReport>) => judgeFlips({ ...report, ...changed }, evidence);
const states = (changed: Partial<FlipReport>) => judge(changed).map(({ state }) => state);

describe('flips that become what was said', () => {
  it('pass, each with its place and what noticed it', () => {
    expect(judge({}).map(({ state, observed }) => [state, observed])).toEqual([
      ['pass', 'the kernel runs'],
      ['pass', 'disk, PE headers, bit 3 at 0x2a0: PCR 4; disk, PE headers, bit 3 at 0x2a1: PCR 4'],
      ['pass', 'disk, slack, bit 3 at 0x2a0: nothing'],
    ]);
    expect(judge({}).map(({ sentence }) => sentence)).toEqual([
      'Secure Boot off: without a flip all is as it should be',
      'Secure Boot off: 2 flips of which PCR 4 is said to tell',
      'Secure Boot off: 1 flip of which nothing is said to tell',
    ]);
  });
});

describe('flips that prove nothing', () => {
  it('are those of a run that does not even come up without', () => {
    const unchanged = { isSound: false, seen: 'BdsDxe: failed to load' };
    expect(states({ unchanged })).toContain('vacuous');
    expect(judge({ unchanged })[0]).toMatchObject({
      sentence: 'Secure Boot off: not even without a flip',
      observed: 'BdsDxe: failed to load',
    });
  });

  it('are those of which none is noticed', () => {
    expect(states({ flips: [unnoticed] })).toEqual(['vacuous', 'pass']);
    expect(judge({ flips: [unnoticed] })[0]?.sentence).toBe('Secure Boot off: no flip is noticed');
    const later = { ...unnoticed, seen: 'nothing until the firmware wrote it anew' };
    expect(states({ flips: [later] })).toEqual(['vacuous', 'pass']);
  });
});

describe('a flip of which something else was said', () => {
  it('fails, with what was said and what was seen', () => {
    const wrong = { ...unnoticed, seen: 'PCR 4', disagreement: 'nothing was to notice, but PCR 4' };
    expect(states({ flips: [flip, wrong] })).toEqual(['pass', 'pass', 'fail']);
    expect(judge({ flips: [flip, wrong] }).at(-1)).toEqual({
      ...evidence,
      state: 'fail',
      sentence: 'Secure Boot off: disk, slack, bit 3 at 0x2a0: nothing was to notice, but PCR 4',
      expected: 'nothing',
      observed: 'PCR 4',
    });
  });
});
