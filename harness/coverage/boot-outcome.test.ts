import { describe, expect, it } from 'vitest';
import { type BootTrace, outcomeOfBoot } from './boot-outcome.ts';

const event = (pcr: number, sha256: string) => ({ pcr, digests: { sha256 } });
const unchanged: BootTrace = {
  extends: [event(4, 'aa'), event(5, 'bb'), event(4, 'cc'), event(11, 'dd')],
  hasStarted: true,
};
const outcome = (changed: Partial<BootTrace>) =>
  outcomeOfBoot(unchanged, { ...unchanged, ...changed });

describe('the outcome of a real boot', () => {
  it('is nothing where all is measured as before', () => {
    expect(outcome({})).toEqual({ moved: [] });
  });

  it.each([
    [
      'another digest',
      [event(4, 'aa'), event(5, 'bb'), event(4, 'ee'), event(11, 'dd')],
      ['PCR 4'],
    ],
    ['an event less', [event(4, 'aa'), event(4, 'cc'), event(11, 'dd')], ['PCR 5']],
    ['an event more', [...unchanged.extends, event(12, 'ee')], ['PCR 12']],
    [
      'several, in the order of their numbers',
      [event(4, 'aa'), event(5, 'bb'), event(11, 'ee'), event(4, 'ee')],
      ['PCR 4', 'PCR 11'],
    ],
  ])('is the PCRs that have moved: %s', (_, all, moved) => {
    expect(outcome({ extends: all })).toEqual({ moved });
  });

  it('is what was measured until then where the boot breaks off', () => {
    const all = [event(4, 'aa'), event(5, 'bb'), event(4, 'ee')];
    expect(outcome({ extends: all, hasStarted: false })).toEqual({ moved: ['PCR 4'] });
    expect(outcome({ extends: [event(4, 'aa')], hasStarted: false })).toEqual({
      refused: 'nothing more came',
    });
  });

  it('is a refusal where somebody refuses', () => {
    expect(outcome({ refusal: 'Not Found', hasStarted: false })).toEqual({ refused: 'Not Found' });
  });
});
