import { describe, expect, it } from 'vitest';
import {
  type JudgedStart,
  judgeCommandLine,
  judgeIgnored,
  judgeMeasured,
  judgePart,
  judgeTaken,
} from './judge-stub-start.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };
const WORD = { word: 'a=1', measured: 'aa' };

const event = (pcr: number, sha256: string, description = 'x') => ({
  pcr,
  sha256,
  description,
  agent: 'systemd-stub',
});

function made(changes: Partial<JudgedStart> = {}): JudgedStart {
  return {
    what: 'a start',
    expected: {
      events: [event(12, 'aa', 'initrd with credentials: a'), event(12, 'bb')],
      unknown: [],
      commandLine: 'a=1 b',
    },
    extended: [event(12, 'aa'), event(12, 'bb')],
    commandLine: 'a=1 b',
    console: [],
    ...changes,
  };
}

const IGNORED = made({ commandLine: 'b', extended: [event(12, 'bb')] });

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

describe('a word of somebody', () => {
  const states = (judgements: readonly { readonly state: string }[]) =>
    judgements.map(({ state }) => state);

  it('counts where it is in the command line and in PCR 12', () => {
    expect(states(judgeTaken(made(), WORD, FILES))).toEqual(['pass', 'pass']);
    expect(states(judgeTaken(IGNORED, WORD, FILES))).toEqual(['fail', 'fail']);
  });

  it('is ignored where it is in neither, and counts in the twin', () => {
    expect(states(judgeIgnored(IGNORED, WORD, made(), 'seen', FILES))).toEqual(
      Array(4).fill('pass'),
    );
    expect(states(judgeIgnored(made(), WORD, made(), 'seen', FILES))).toEqual([
      ...['pass', 'pass', 'fail', 'fail'],
    ]);
  });

  it('proves nothing where it was not there, or does not count in the twin either', () => {
    expect(states(judgeIgnored(IGNORED, WORD, made(), undefined, FILES))[0]).toBe('vacuous');
    expect(states(judgeIgnored(IGNORED, WORD, IGNORED, 'seen', FILES))[1]).toBe('vacuous');
  });
});

describe('what lies beside a UKI', () => {
  const part = { pcr: 12, what: 'initrd with credentials' };

  it('is measured where it lies there, and only there', () => {
    expect(judgePart(made(), IGNORED, part, FILES).state).toBe('pass');
    expect(judgePart(IGNORED, IGNORED, part, FILES).state).toBe('fail');
    expect(judgePart(made(), made(), part, FILES).state).toBe('fail');
  });

  it('fails without a forecast of it', () => {
    const other = { ...part, what: 'initrd with sysext' };
    expect(judgePart(made(), IGNORED, other, FILES).state).toBe('fail');
  });
});
