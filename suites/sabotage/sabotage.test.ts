import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Bench } from './bench.ts';
import { type Attempt, type Sabotage, trySabotage } from './sabotage.ts';

const told = (state: Judgement['state'], sentence: string): Judgement => ({
  state,
  sentence,
  expected: 'a',
  observed: 'b',
  witness: 'host file',
  file: 'f',
});

const PASS = told('pass', 'it holds');
const FAIL = told('fail', 'PCR 4 differs');

/** No judge of these looks at anything. */
const BENCH = {} as Bench;

async function tried(attempt: Attempt, changes: Partial<Sabotage> = {}) {
  const sabotage: Sabotage = {
    requirement: 'CVM-MB-001',
    what: 'something is wrong',
    says: 'PCR 4',
    attempt: async () => attempt,
    ...changes,
  };
  const { isCaught, because } = await trySabotage(sabotage, BENCH, new AbortController().signal);
  return { isCaught, because };
}

describe('trySabotage', () => {
  it('is caught where the sound system passes and the wrong one fails', async () => {
    const caught = { isCaught: true, because: 'PCR 4 differs' };
    expect(await tried({ sound: [PASS], wrong: [PASS, FAIL] })).toEqual(caught);
  });

  it.each([
    ['the wrong one passes', { sound: [PASS], wrong: [PASS] }, 'says pass: it holds'],
    ['nothing is said of it', { sound: [PASS], wrong: [] }, 'says nothing'],
    ['the sound one fails', { sound: [FAIL], wrong: [FAIL] }, 'sound, yet fail: PCR 4 differs'],
    [
      'the sound one is skipped',
      { sound: [told('skip', 's')], wrong: [FAIL] },
      'sound, yet skip: s',
    ],
    ['there is no sound one', { sound: [], wrong: [FAIL] }, 'nobody has looked at a sound system'],
    ['it says something else', { sound: [PASS], wrong: [told('fail', 'x')] }, 'says fail: x'],
    [
      'it proves nothing',
      { sound: [PASS], wrong: [told('vacuous', 'PCR 4')] },
      'says vacuous: PCR 4',
    ],
    ['the harness breaks', { sound: [PASS], wrong: [told('error', 'PCR 4')] }, 'says error: PCR 4'],
  ] as const)('is missed where %s', async (_, attempt, because) => {
    expect(await tried(attempt)).toEqual({ isCaught: false, because });
  });

  it('is missed where the attempt breaks, and ends the campaign where it is interrupted', async () => {
    const attempt = () => Promise.reject(new Error('QEMU died'));
    const broken: Sabotage = { requirement: 'CVM-MB-001', what: 'w', says: 's', attempt };
    const alone = await trySabotage(broken, BENCH, new AbortController().signal);
    expect(alone).toMatchObject({ isCaught: false, because: 'broke: QEMU died' });
    const interrupted = AbortSignal.abort(new Error('interrupted by SIGINT'));
    await expect(trySabotage(broken, BENCH, interrupted)).rejects.toThrow('interrupted by SIGINT');
  });

  it('may want the test to say that it proves nothing', async () => {
    const vacuous = { sound: [PASS], wrong: [told('vacuous', 'PCR 4')] };
    expect(await tried(vacuous, { state: 'vacuous' })).toMatchObject({ isCaught: true });
    expect(await tried({ ...vacuous, wrong: [FAIL] }, { state: 'vacuous' })).toMatchObject({
      isCaught: false,
    });
  });

  it('may have found the wrong system in the project itself', async () => {
    expect(await tried({ sound: [], wrong: [FAIL] }, { isFound: true })).toMatchObject({
      isCaught: true,
    });
    expect(await tried({ sound: [PASS], wrong: [FAIL] }, { isFound: true })).toMatchObject({
      isCaught: false,
    });
  });
});
