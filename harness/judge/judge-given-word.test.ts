import { describe, expect, it } from 'vitest';
import { judgeIgnored, judgeTaken } from './judge-given-word.ts';
import { BARE_START, madeStart as made } from './testing/made-start.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };
const WORD = { word: 'a=1', measured: 'aa' };

describe('a word of somebody', () => {
  const states = (judgements: readonly { readonly state: string }[]) =>
    judgements.map(({ state }) => state);

  it('counts where it is in the command line and in PCR 12', () => {
    expect(states(judgeTaken(made(), WORD, FILES))).toEqual(['pass', 'pass']);
    expect(states(judgeTaken(BARE_START, WORD, FILES))).toEqual(['fail', 'fail']);
  });

  it('is ignored where it is in neither, and counts in the twin', () => {
    expect(states(judgeIgnored(BARE_START, WORD, made(), 'seen', FILES))).toEqual(
      Array(4).fill('pass'),
    );
    expect(states(judgeIgnored(made(), WORD, made(), 'seen', FILES))).toEqual([
      ...['pass', 'pass', 'fail', 'fail'],
    ]);
  });

  it('proves nothing where it was not there, or does not count in the twin either', () => {
    expect(states(judgeIgnored(BARE_START, WORD, made(), undefined, FILES))[0]).toBe('vacuous');
    expect(states(judgeIgnored(BARE_START, WORD, BARE_START, 'seen', FILES))[1]).toBe('vacuous');
  });
});
