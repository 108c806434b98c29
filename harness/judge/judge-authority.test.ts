import { describe, expect, it } from 'vitest';
import { type JudgedAuthority, judgeAuthority, judgeRelation } from './judge-authority.ts';

const FILES = { extends: 'extends.json' };

function boot(what: string, pcr7: string, observed = pcr7): JudgedAuthority {
  const predicted = { authority: 'db: CN=UKI', pcr4: '04', pcr7 };
  return { what, predicted, observed: { ...predicted, pcr7: observed } };
}

describe('the authority of a boot', () => {
  it('is the one that was computed, and so are PCR 7 and PCR 4', () => {
    const judged = judgeAuthority(boot('UKI', '07'), FILES);
    expect(judged.map(({ state }) => state)).toEqual(['pass', 'pass', 'pass']);
  });

  it('fails where PCR 7 is another one, or the authority is not known', () => {
    expect(judgeAuthority(boot('UKI', '07', '08'), FILES)[1]).toMatchObject({
      state: 'fail',
      sentence: 'UKI: PCR 7 is another one',
      expected: '07',
      observed: '08',
    });
    const unknown = boot('UKI', '07');
    const observed = { ...unknown.observed, authority: undefined };
    expect(judgeAuthority({ ...unknown, observed }, FILES)[0]).toMatchObject({
      state: 'fail',
      observed: 'none that is known',
    });
  });
});

describe('PCR 7 of two boots', () => {
  const [one, same, other] = [boot('v1', '07'), boot('v2', '07'), boot('kernel', '09')];

  it('is held against what is wanted of it, as it was seen', () => {
    expect(judgeRelation(7, [one, same], 'equal', FILES).state).toBe('pass');
    expect(judgeRelation(7, [one, other], 'differs', FILES)).toMatchObject({
      state: 'pass',
      sentence: 'PCR 7 tells apart v1 and kernel',
    });
    expect(judgeRelation(7, [one, same], 'differs', FILES)).toMatchObject({
      state: 'fail',
      sentence: 'PCR 7 is the same for v1 and v2',
    });
    expect(judgeRelation(4, [one, other], 'differs', FILES).state).toBe('fail');
  });
});
