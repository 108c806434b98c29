import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import { isDecided, type RunTrace, triedFlip } from './flip-verdict.ts';

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
    [FREE, false, 'the firmware was to write it anew, and the bit is still flipped'],
    [FREE, undefined, undefined],
    [
      { ...FREE, rewritten: undefined },
      true,
      'the firmware has written it anew, and nothing says that it does',
    ],
    [{ ...FREE, rewritten: undefined, steers: true }, true, undefined],
  ] as const)('%#: is held against what the firmware is said to write', (region, is, why) => {
    const { rewritten, ...rest } = region;
    const said: Region = { ...rest, ...(rewritten && { rewritten }) };
    expect(verdict(said, { isRewritten: is }).disagreement).toBe(why);
  });

  it('says that it was written anew', () => {
    const { seen } = verdict(FREE, { isRewritten: true });
    expect(seen).toBe('nothing, and the firmware has written it anew');
  });

  it('lets code that is executed end the boot, and nothing else tell of it', () => {
    const code: Region = { start: 0, end: 9, what: 'reset vector', detectedBy: [], executed: true };
    const hung = { hasStarted: false, extends: [] };
    expect(verdict(code, hung)).toMatchObject({ disagreement: undefined });
    const { executed: _, ...data } = code;
    expect(verdict(data, hung).disagreement).toMatch(/^nothing was to notice, but/);
    const told = { extends: [{ pcr: 7, digests: { sha256: 'bb' } }] };
    expect(verdict(code, told).disagreement).toBe('nothing was to notice, but PCR 7 moved');
  });

  // The digest as tpm2_eventlog prints it of any boot that came to a kernel.
  it('takes a kernel that leaves the firmware for one that has started', () => {
    const sha256 = 'b54f7542cbd872a81a9d9dea839b2b8d747c7ebd5ea6615c40f42f44a6dbeba0';
    const at = (digest: string) => ({
      extends: [{ pcr: 5, digests: { sha256: digest } }],
      console: [],
    });
    expect(isDecided(at(sha256))).toBe(true);
    expect(isDecided(at(sha256.replace('d', 'e')))).toBe(false);
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
