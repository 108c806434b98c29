import { describe, expect, it } from 'vitest';
import { judgeForkedLoad } from './judge-forked-load.ts';
import type { JudgedLoad } from './judge-kernel-load.ts';

const FILES = { code: 'code.bin', extends: 'extends.json', memory: 'memory.bin' };
const extended = (pcr: number, sha256: string) => ({ pcr, digests: { sha256 } });

const WHOLE: JudgedLoad = {
  asked: {
    what: 'a kernel',
    wanted: 'booted',
    predicted: { kind: 'booted', program: 'kernel', unverified: [] },
    program: 'd1',
    table: Buffer.from('table'),
    given: {},
  },
  observed: {
    end: 'started',
    stoppedIn: undefined,
    programs: ['d1'],
    extends: [extended(0, 'aa'), extended(4, 'd1')],
    table: Buffer.from('table'),
    console: [],
    given: {},
  },
};

const judge = (parts: Partial<JudgedLoad['observed']>) =>
  judgeForkedLoad(WHOLE, { ...WHOLE, observed: { ...WHOLE.observed, ...parts } }, FILES);

describe('a run that went on from a snapshot', () => {
  it('is worth one from power-on where both show the same', () => {
    expect(judge({})).toMatchObject({
      state: 'pass',
      sentence: 'a kernel: ends the same where the firmware goes on from a snapshot',
      observed: 'a program is started, after 2 extends',
    });
  });

  it.each([
    ['its end', { end: 'halted', stoppedIn: 'BdsDxe' }, 'BdsDxe goes round in circles'],
    ['the table in memory', { table: Buffer.from('other') }, '6f74686572'],
    ['extend 1', { extends: [extended(0, 'ab'), extended(4, 'd1')] }, 'PCR 0 with ab'],
    ['extend 1', { extends: [extended(1, 'aa'), extended(4, 'd1')] }, 'PCR 1 with aa'],
    ['extend 2', { extends: [extended(0, 'aa')] }, 'none'],
    ['extend 3', { extends: [...WHOLE.observed.extends, extended(1, 'cc')] }, 'PCR 1 with cc'],
  ] as const)('is vacuous where it differs in %s', (what, parts, observed) => {
    expect(judge(parts)).toMatchObject({
      state: 'vacuous',
      sentence: `a kernel: ends otherwise where the firmware goes on from a snapshot: ${what}`,
      observed,
    });
  });
});
