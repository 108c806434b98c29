import { describe, expect, it } from 'vitest';
import { judgeAgreement, judgeOtherPolicy } from './judge-trial-run.ts';
import { BAD, GOOD, madeReport as report, madeTrial as trial } from './testing/made-trials.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };

const states = (judgements: readonly { readonly state: string }[]) =>
  judgements.map(({ state }) => state);

describe('forecast and firmware', () => {
  it('agree on images, PCR 7 and PCR 4', () => {
    expect(states(judgeAgreement(report(), FILES))).toEqual(['pass', 'pass', 'pass']);
  });

  it('do not where one image comes out otherwise, and the finding names it', () => {
    const other = trial('odd', true, { observed: { started: false, status: 'EFI_LOAD_ERROR' } });
    const [images] = judgeAgreement(report({ trials: [GOOD, other] }), FILES);
    expect(images).toMatchObject({
      state: 'fail',
      expected: 'odd: starts',
      observed: 'odd: refused with EFI_LOAD_ERROR',
    });
  });

  it('do not where another event is measured, or in another order', () => {
    const measured = { pcr4: ['aa', 'cc'], pcr7: ['01', '02', '03'] };
    const [, pcr7, pcr4] = judgeAgreement(report({ measured }), FILES);
    expect(pcr7).toMatchObject({ state: 'fail', expected: 'nothing more', observed: '03' });
    expect(pcr4).toMatchObject({ state: 'fail', expected: 'cc', observed: 'aa' });
  });

  it('prove nothing where no image starts', () => {
    expect(judgeAgreement(report({ trials: [BAD] }), FILES)[0]?.state).toBe('fail');
  });
});

describe('another state of Secure Boot', () => {
  it('has to have another PCR 7', () => {
    const other = report({ measured: { pcr4: [], pcr7: ['09'] } });
    expect(judgeOtherPolicy(other, report(), FILES).state).toBe('pass');
    expect(judgeOtherPolicy(report(), report(), FILES).state).toBe('fail');
  });
});
