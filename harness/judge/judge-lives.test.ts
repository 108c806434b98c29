import { describe, expect, it } from 'vitest';
import { judgeComparison, judgeOpenings, judgeRollBack, judgeSwap } from './judge-lives.ts';

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

describe('two values', () => {
  const judge = (first: string, second: string, same: boolean) => {
    const { state, sentence, expected, observed } = judgeComparison({
      what: 'the EK',
      first,
      second,
      same,
      file: 'lives.json',
    });
    return [state, sentence, expected, observed];
  };

  it('are the same, or are not, as they should be', () => {
    expect(judge('aa', 'aa', true)).toEqual(['pass', 'the EK is the same', 'aa', 'aa']);
    expect(judge('aa', 'bb', true)).toEqual(['fail', 'the EK is another', 'aa', 'bb']);
    expect(judge('aa', 'bb', false)).toEqual(['pass', 'the EK is another', 'not aa', 'bb']);
    expect(judge('aa', 'aa', false)).toEqual(['fail', 'the EK is the same', 'not aa', 'aa']);
  });

  it('are nothing where there is none', () => {
    expect(judge('', '', true)[0]).toBe('fail');
    expect(judge('', 'bb', false)[0]).toBe('fail');
  });
});

describe('a volume that is keyed to a TPM', () => {
  const opens = { opened: true, said: '' };
  const refused = { opened: false, said: 'TPM2_Load: integrity check failed' };
  const judge = (own: typeof opens, other: typeof opens) =>
    judgeOpenings({ own, other, refusal: /integrity check failed/, file: 'lives.json' });

  it('opens with that one alone', () => {
    expect(judge(opens, refused)).toMatchObject({
      state: 'pass',
      expected: 'refused by the TPM: integrity check failed',
      observed: refused.said,
    });
    expect(judge(opens, opens).state).toBe('fail');
  });

  it('is not refused by the next where that fails for another reason', () => {
    expect(judge(opens, { opened: false, said: 'no such device' }).state).toBe('fail');
    expect(judge(opens, { ...refused, opened: true }).state).toBe('fail');
  });

  it('proves nothing where it does not open at all', () => {
    const judged = judge({ opened: false, said: 'no such device' }, refused);
    expect(judged.state).toBe('vacuous');
    expect(judged.sentence).toBe('the volume does not open with its own TPM: no such device');
  });
});

describe('an older state of a TPM', () => {
  const counter = { before: '1', after: '2', rolledBack: '1' };
  const opening = { opened: true, said: '' };
  const judge = (changed: Partial<typeof counter>, opened = true) =>
    judgeRollBack({
      counter: { ...counter, ...changed },
      opening: { ...opening, opened, said: opened ? '' : 'refused' },
      file: 'lives.json',
    });

  it('is accepted where its counter is back and the volume opens', () => {
    expect(judge({})).toMatchObject({
      state: 'fail',
      observed: 'counter 1, counted to 2, then 1; volume opens',
    });
  });

  it('is not where one of the two is not so', () => {
    expect(judge({ rolledBack: '2' }).state).toBe('pass');
    expect(judge({}, false)).toMatchObject({
      state: 'pass',
      observed: 'counter 1, counted to 2, then 1; volume refused',
    });
  });

  it('proves nothing where the newer one has not counted on', () => {
    expect(judge({ after: '1' }).state).toBe('vacuous');
  });
});
