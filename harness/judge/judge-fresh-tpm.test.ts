import { describe, expect, it } from 'vitest';
import { judgeFreshTpm, judgeUseOf } from './judge-fresh-tpm.ts';
import { judgeComparison, judgeOpenings, judgeRollBack } from './judge-lives.ts';
import { judgeRemains } from './judge-remains.ts';

const file = 'two-boots.json';
const PCRS = 'sha256:\n  4 : 0xAA\n';
const opened = { opened: true, said: 'opened' };
const closed = { opened: false, said: 'Esys Finish ErrorCode (0x000003df)' };

describe('two TPMs', () => {
  const states = (
    keys: readonly [string, string],
    pcrs: readonly [string, string] = [PCRS, PCRS],
  ) => judgeFreshTpm({ keys: { EKs: keys }, pcrs, file }).map(({ state }) => state);

  it('have keys of their own, and the same PCRs', () => {
    expect(states(['aa', 'bb'])).toEqual(['pass', 'pass']);
    expect(states(['aa', 'aa'])).toEqual(['fail', 'pass']);
    expect(states(['none', 'bb'])).toEqual(['vacuous', 'pass']);
    expect(states(['aa', 'bb'], [PCRS, 'sha256:\n  4 : 0xBB\n'])).toEqual(['pass', 'fail']);
    expect(states(['aa', 'bb'], ['', ''])).toEqual(['pass', 'fail']);
  });

  it('refuse what is of the other', () => {
    const common = { what: 'an object', secret: 's3cret', refusal: /integrity/, file };
    const own = { exitCode: 0, output: 's3cret' };
    const other = { exitCode: 1, output: 'integrity check failed' };
    expect(judgeUseOf({ ...common, own, other }).state).toBe('pass');
    expect(judgeUseOf({ ...common, own, other: own }).state).toBe('fail');
    expect(judgeUseOf({ ...common, own, other: { exitCode: 1, output: 'no' } }).state).toBe('fail');
    expect(judgeUseOf({ ...common, own: other, other }).state).toBe('vacuous');
  });

  it('open their own volumes alone', () => {
    const common = { refusal: /df\)/, file };
    expect(judgeOpenings({ ...common, own: opened, other: closed }).state).toBe('pass');
    expect(judgeOpenings({ ...common, own: opened, other: opened }).state).toBe('fail');
    expect(judgeOpenings({ ...common, own: closed, other: closed }).state).toBe('vacuous');
  });

  it('are the same or not, as they should be', () => {
    const common = { what: 'the EK', first: 'aa', file };
    expect(judgeComparison({ ...common, second: 'aa', same: true }).state).toBe('pass');
    expect(judgeComparison({ ...common, second: 'bb', same: true }).state).toBe('fail');
    expect(judgeComparison({ ...common, second: 'aa', same: false }).state).toBe('fail');
    expect(judgeComparison({ ...common, first: '', second: '', same: true }).state).toBe('fail');
  });
});

describe('an older state', () => {
  const counter = { before: '01', after: '02', rolledBack: '01' };

  it('is accepted where the counter is back and the volume opens', () => {
    expect(judgeRollBack({ counter, opening: opened, file })).toMatchObject({
      state: 'fail',
      sentence: expect.stringContaining('the TPM accepts it'),
    });
    expect(judgeRollBack({ counter, opening: closed, file }).state).toBe('pass');
    const same = { ...counter, after: '01' };
    expect(judgeRollBack({ counter: same, opening: opened, file }).state).toBe('vacuous');
  });
});

describe('what is left of a TPM', () => {
  const common = { end: 'power-off', alive: ['/tmp/cvm/state: state of the TPM'], file };

  it('is nothing', () => {
    expect(judgeRemains({ ...common, ended: [] }).state).toBe('pass');
    expect(judgeRemains({ ...common, ended: ['process 7'] }).state).toBe('fail');
    expect(judgeRemains({ ...common, alive: [], ended: [] }).state).toBe('vacuous');
  });
});
