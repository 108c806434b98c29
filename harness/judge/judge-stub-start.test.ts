import { describe, expect, it } from 'vitest';
import { judgeCommandLine, judgeMeasured, judgePart } from './judge-stub-start.ts';
import { BARE_START, madeEvent as event, madeStart as made } from './testing/made-start.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };

describe('a start', () => {
  it('passes where PCRs and command line are as computed', () => {
    expect(judgeMeasured(made(), [4, 12], FILES).map(({ state }) => state)).toEqual([
      'pass',
      'pass',
    ]);
    expect(judgeCommandLine(made(), FILES).state).toBe('pass');
  });

  it.each([
    ['an event is another one', [event(12, 'aa'), event(12, 'cc')], 'differs from the forecast'],
    ['one is missing', [event(12, 'aa')], 'at number 1'],
    ['there is one more', [event(12, 'aa'), event(12, 'bb'), event(12, 'cc')], 'at number 2'],
  ])('fails where %s', (_, extended, sentence) => {
    const [judgement] = judgeMeasured(made({ extended }), [12], FILES);
    expect(judgement).toMatchObject({
      state: 'fail',
      sentence: expect.stringContaining(sentence),
    });
  });

  it('fails where a PCR could not be computed', () => {
    const expected = { ...made().expected, unknown: [12] };
    expect(judgeMeasured(made({ expected }), [12], FILES)[0]?.state).toBe('fail');
  });

  it('fails with another command line', () => {
    expect(judgeCommandLine(made({ commandLine: 'a=1' }), FILES).state).toBe('fail');
  });
});

describe('what lies beside a UKI', () => {
  const part = { pcr: 12, what: 'initrd with credentials' };

  it('is measured where it lies there, and only there', () => {
    expect(judgePart(made(), BARE_START, part, FILES).state).toBe('pass');
    expect(judgePart(BARE_START, BARE_START, part, FILES).state).toBe('fail');
    expect(judgePart(made(), made(), part, FILES).state).toBe('fail');
  });

  it('fails without a forecast of it', () => {
    const other = { ...part, what: 'initrd with sysext' };
    expect(judgePart(made(), BARE_START, other, FILES).state).toBe('fail');
  });
});
