import { describe, expect, it } from 'vitest';
import {
  type JudgedTrial,
  judgeAgreement,
  judgeOtherPolicy,
  judgeTrial,
  type TrialReport,
} from './judge-image-trials.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };

function trial(what: string, boots: boolean, changes: Partial<JudgedTrial> = {}): JudgedTrial {
  const status = boots ? 'EFI_ABORTED' : 'EFI_ACCESS_DENIED';
  return {
    what,
    predicted: { boots, reason: boots ? '' : 'nothing in db allows it' },
    observed: { started: boots, status },
    digest: 'aa',
    ...changes,
  };
}

const good = trial('good', true);
const bad = trial('bad', false);

function report(changes: Partial<TrialReport> = {}): TrialReport {
  const measured = { pcr4: ['cc', 'aa'], pcr7: ['01', '02'] };
  return {
    store: 'store',
    loader: 'firmware',
    trials: [good, bad],
    conductor: 'cc',
    measured,
    expected: measured,
    ...changes,
  };
}

const states = (judgements: readonly { readonly state: string }[]) =>
  judgements.map(({ state }) => state);

describe('a refused image', () => {
  it('passes with its bytes measured, its twin started, and the refusal of who loads it', () => {
    const judged = judgeTrial(report(), bad, 'refused', good, FILES);
    expect(states(judged)).toEqual(['pass', 'pass', 'pass']);
    expect(judged[2]?.sentence).toBe(
      'bad: refused by firmware with EFI_ACCESS_DENIED: nothing in db allows it',
    );
  });

  it('proves nothing where its bytes were never loaded, or its twin is refused too', () => {
    const elsewhere = report({ measured: { pcr4: ['dd'], pcr7: [] } });
    expect(states(judgeTrial(elsewhere, bad, 'refused', bad, FILES))).toEqual([
      'vacuous',
      'vacuous',
      'pass',
    ]);
  });

  it('fails where it starts, or another one refuses it', () => {
    const ran = trial('bad', false, { observed: { started: true, status: '' } });
    expect(judgeTrial(report(), ran, 'refused', good, FILES)[2]).toMatchObject({
      state: 'fail',
      sentence: 'bad: the forecast was a refusal (nothing in db allows it), and it is started',
    });
    const shim = report({ loader: 'shim' });
    expect(judgeTrial(shim, bad, 'refused', good, FILES)[2]).toMatchObject({
      state: 'fail',
      expected: expect.stringMatching(/^refused by shim with EFI_SECURITY_VIOLATION, or /),
    });
  });
});

describe('forecast and firmware', () => {
  it('agree on images, PCR 7 and PCR 4', () => {
    expect(states(judgeAgreement(report(), FILES))).toEqual(['pass', 'pass', 'pass']);
  });

  it('do not where one image comes out otherwise, and the finding names it', () => {
    const other = trial('odd', true, { observed: { started: false, status: 'EFI_LOAD_ERROR' } });
    const [images] = judgeAgreement(report({ trials: [good, other] }), FILES);
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
    expect(judgeAgreement(report({ trials: [bad] }), FILES)[0]?.state).toBe('fail');
  });
});

describe('another state of Secure Boot', () => {
  it('has to have another PCR 7', () => {
    const other = report({ measured: { pcr4: [], pcr7: ['09'] } });
    expect(judgeOtherPolicy(other, report(), FILES).state).toBe('pass');
    expect(judgeOtherPolicy(report(), report(), FILES).state).toBe('fail');
  });
});
