import { describe, expect, it } from 'vitest';
import { judgeSwap } from './judge-lives.ts';

describe('a TPM whose files are swapped during its run', () => {
  const EK = { before: 'aa', during: 'aa', next: 'aa' };
  const state = (ek: Partial<typeof EK>, exchanged = 'bb', other = 'bb') =>
    judgeSwap({ ek: { ...EK, ...ek }, exchanged, other, file: 'lives.json' }).state;

  it('passes where it stays itself', () => {
    expect(state({})).toBe('pass');
  });

  it.each(['during', 'next'])('fails where it is another, %s', (when) => {
    expect(state({ [when]: 'bb' })).toBe('fail');
  });

  it('proves nothing where the files would not be taken at a start either, or are its own', () => {
    expect(state({}, 'aa')).toBe('vacuous');
    expect(state({}, 'aa', 'aa')).toBe('vacuous');
  });
});
