import { describe, expect, it } from 'vitest';
import type { State } from '../judge/finding.ts';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { exitCodeOfPair } from './close-pair.ts';
import { isPair } from './own-image-pair.ts';

const ID = 'CVM-XX-001';
const result = (state: State) => resultWith([judged(ID, 'MUST', state)]);
const change = { id: ID, level: 'MUST', a: 'pass', b: 'skip', why: null } as const;
const NOTHING = { regressed: [], removed: [] };
const asked = { requirement: [ID] };

describe('how two runs end', () => {
  it.each<[State, State, number]>([
    ['pass', 'pass', 0],
    ['fail', 'pass', 0],
    ['pass', 'fail', 1],
    ['fail', 'fail', 1],
    ['error', 'pass', 4],
    ['pass', 'error', 4],
    ['skip', 'not-tested', 1],
  ])('A %s, B %s: %i', (a, b, code) => {
    expect(exitCodeOfPair(result(a), result(b), NOTHING, asked)).toBe(code);
  });

  it('is 1 where B has lost what A has, even by a skip', () => {
    const lost = { regressed: [change], removed: [] };
    expect(exitCodeOfPair(result('pass'), result('skip'), lost, asked)).toBe(1);
    const removed = { regressed: [], removed: [{ id: ID, state: 'pass' as const }] };
    expect(exitCodeOfPair(result('pass'), result('pass'), removed, asked)).toBe(1);
  });
});

describe('two runs', () => {
  const flags = {
    accel: 'auto',
    tools: 'toolbox',
    profile: 'emulated',
    seed: 1,
    flips: 1,
  } as const;

  it('are asked for by anything that is said of the second', () => {
    expect(isPair({ ...flags, image: 'a.raw' })).toBe(false);
    expect(isPair({ ...flags, image: 'a.raw', against: 'b.raw' })).toBe(true);
    expect(isPair({ ...flags, image: 'a.raw', againstFirmware: '2025.02' })).toBe(true);
    expect(isPair({ ...flags, image: 'a.raw', againstConfig: 'b.yaml' })).toBe(true);
  });
});
