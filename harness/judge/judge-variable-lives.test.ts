import { describe, expect, it } from 'vitest';
import {
  judgeChangedStore,
  judgeForgetting,
  judgeLives,
  type VariableLife,
} from './judge-variable-lives.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };
const NOT_FOUND = 0x8000_0000_0000_000en;

const life = (before: bigint, pcr7: string): VariableLife => ({
  accesses: [{ before, set: 0n, after: 0n }],
  pcr7: [pcr7],
  expected7: [pcr7],
});
const FRESH = life(NOT_FOUND, 'aa');
const FORGETS = { what: 'an image', first: FRESH, second: FRESH };
const KEEPS = { what: 'flash', first: FRESH, second: life(0n, 'bb') };

const states = (judgements: readonly { readonly state: string }[]) =>
  judgements.map(({ state }) => state);

describe('writes of a guest', () => {
  it('are gone in the image, and stay in flash', () => {
    expect(states(judgeForgetting(FORGETS, KEEPS, FILES))).toEqual(Array(4).fill('pass'));
  });

  it('must not be there at the next start, nor change it', () => {
    expect(states(judgeForgetting({ ...KEEPS, what: 'x' }, KEEPS, FILES))).toEqual([
      ...['pass', 'pass', 'fail', 'fail'],
    ]);
  });

  it('prove nothing where nothing was written, or it would not stay anywhere', () => {
    const mute = { ...FORGETS, first: life(0n, 'aa') };
    expect(states(judgeForgetting(mute, KEEPS, FILES))[0]).toBe('vacuous');
    expect(states(judgeForgetting(FORGETS, FORGETS, FILES))[1]).toBe('vacuous');
  });

  it('are in PCR 7 as computed', () => {
    expect(states(judgeLives(KEEPS, FILES))).toEqual(['pass', 'pass']);
    const other = { ...KEEPS, second: { ...KEEPS.second, expected7: ['cc'] } };
    expect(states(judgeLives(other, FILES))).toEqual(['pass', 'fail']);
  });
});

describe('a store that the host has changed', () => {
  const other = life(NOT_FOUND, 'bb');
  const made = { what: 'it', genuine: '01', changed: '02', life: other, usual: FRESH };

  it('moves the launch digest and PCR 7', () => {
    expect(states(judgeChangedStore(made, FILES))).toEqual(['pass', 'pass']);
    expect(states(judgeChangedStore({ ...made, changed: '01' }, FILES))).toEqual(['fail', 'pass']);
    expect(states(judgeChangedStore({ ...made, life: FRESH }, FILES))).toEqual(['fail', 'pass']);
  });

  it('shows in PCR 7 as computed', () => {
    const seen = { ...made, life: { ...FRESH, pcr7: ['cc'] } };
    expect(states(judgeChangedStore(seen, FILES))).toEqual(['pass', 'fail']);
  });
});
