import { describe, expect, it } from 'vitest';
import { judgeTrial } from './judge-image-trial.ts';
import { BAD, GOOD, madeReport as report, madeTrial as trial } from './testing/made-trials.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };

const states = (judgements: readonly { readonly state: string }[]) =>
  judgements.map(({ state }) => state);

describe('a refused image', () => {
  it('passes with its bytes measured, its twin started, and the refusal of who loads it', () => {
    const judged = judgeTrial(report(), BAD, 'refused', GOOD, FILES);
    expect(states(judged)).toEqual(['pass', 'pass', 'pass']);
    expect(judged[2]?.sentence).toBe(
      'bad: refused by firmware with EFI_ACCESS_DENIED: nothing in db allows it',
    );
  });

  it('proves nothing where its bytes were never loaded, or its twin is refused too', () => {
    const elsewhere = report({ measured: { pcr4: ['dd'], pcr7: [] } });
    expect(states(judgeTrial(elsewhere, BAD, 'refused', BAD, FILES))).toEqual([
      'vacuous',
      'vacuous',
      'pass',
    ]);
  });

  it('fails where it starts, or another one refuses it', () => {
    const ran = trial('bad', false, { observed: { started: true, status: '' } });
    expect(judgeTrial(report(), ran, 'refused', GOOD, FILES)[2]).toMatchObject({
      state: 'fail',
      sentence: 'bad: the forecast was a refusal (nothing in db allows it), and it is started',
    });
    const shim = report({ loader: 'shim' });
    expect(judgeTrial(shim, BAD, 'refused', GOOD, FILES)[2]).toMatchObject({
      state: 'fail',
      expected: expect.stringMatching(/^refused by shim with EFI_SECURITY_VIOLATION, or /),
    });
  });
});
