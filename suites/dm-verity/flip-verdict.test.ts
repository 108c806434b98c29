import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import { type RunTrace, triedFlip } from './flip-verdict.ts';

const UNCHANGED: RunTrace = {
  extends: [{ pcr: 7, digests: { sha256: 'aa' } }],
  hasStarted: true,
  hasRestored: false,
};
const FREE: Region = { start: 0, end: 9, what: 'free space', detectedBy: [], rewritten: true };
const MEASURED: Region = {
  start: 0,
  end: 9,
  what: 'variable',
  detectedBy: ['PCR 7'],
  steers: true,
};

function verdict(region: Region, trace: Partial<RunTrace>, forecast?: Outcome) {
  const trial = { region, offset: 1, bits: 2 };
  const boot = { trace: { ...UNCHANGED, ...trace }, ...(forecast && { forecast }) };
  return triedFlip('variables', trial, UNCHANGED, boot);
}

describe('what became of a flip', () => {
  it.each([
    [FREE, true, undefined],
    [FREE, false, 'the firmware was to write the file anew, and the bit is still flipped'],
    [FREE, undefined, undefined],
    [
      { ...FREE, rewritten: undefined },
      true,
      'the firmware has written the file anew, and nothing says that it does',
    ],
    [{ ...FREE, rewritten: undefined, steers: true }, true, undefined],
  ] as const)('%#: is held against what the firmware is said to write', (region, is, why) => {
    const { rewritten, ...rest } = region;
    const said: Region = { ...rest, ...(rewritten && { rewritten }) };
    expect(verdict(said, { isRewritten: is }).disagreement).toBe(why);
  });

  it('names the file that was written anew', () => {
    const { seen } = verdict(FREE, { isRewritten: true });
    expect(seen).toBe('nothing, and the firmware has written the store anew');
  });

  it('takes a firmware that never ends for one that does not boot', () => {
    const hung = { hasStarted: false, extends: [{ pcr: 7, digests: { sha256: 'bb' } }] };
    const refused = { refused: 'a signature list with a header' };
    expect(verdict(MEASURED, hung, refused)).toMatchObject({
      seen: 'PCR 7, and the kernel is never started',
      disagreement: undefined,
    });
    expect(verdict(MEASURED, { ...hung, hasStarted: true }, refused).disagreement).toBe(
      'the forecast is a signature list with a header',
    );
  });
});
