import { describe, expect, it } from 'vitest';
import {
  type Measured,
  madeObservation,
  madePrediction,
} from '../../harness/judge/testing/made-observation.ts';
import { judgeFailedBoot, judgeOwnBoot, type OwnImageTerms } from './judge-own-boot.ts';

const MEASURED: readonly Measured[] = [
  [0, 'firmware'],
  [4, 'UKI'],
  [11, 'phase'],
];

const BOOT = { prediction: madePrediction(MEASURED), observation: madeObservation(MEASURED) };
const OTHER = { ...BOOT, observation: madeObservation(MEASURED.with(1, [4, 'other'])) };
const FACTS = { isGiven: false, verity: [] } as const;
const TERMS: OwnImageTerms = { facts: FACTS, waivers: [], today: '2026-11-27' };
const WAIVER = { requirement: 'CVM-MB-001', reason: 'the loader is another', until: '2026-11-27' };

function judged(id: string, terms: Partial<OwnImageTerms> = {}, boot = BOOT) {
  const all = judgeOwnBoot(boot, { ...TERMS, ...terms });
  return all.find((one) => one.id === id)?.judgements ?? [];
}

describe("an image of one's own", () => {
  it('is judged by its boot', () => {
    expect(judged('CVM-MB-001').map(({ state }) => state)).toEqual(['pass', 'pass']);
    const failed = judged('CVM-MB-001', {}, OTHER);
    expect(failed.map(({ state, file }) => [state, file])).toEqual([
      ['fail', 'pcrread.txt'],
      ['fail', 'binary_bios_measurements'],
    ]);
  });

  it('is not judged by what needs another machine, and that is said', () => {
    expect(judged('CVM-MB-007')).toMatchObject([
      { state: 'skip', sentence: expect.stringContaining('not applicable') },
    ]);
    expect(judged('CVM-KH-001')).toMatchObject([
      { state: 'skip', sentence: expect.stringContaining('table of hashes') },
    ]);
    const given = { facts: { ...FACTS, isGiven: true } };
    expect(judged('CVM-KH-001', given)[0]?.sentence).toContain('reference images');
    const verity = { facts: { ...FACTS, verity: ['root'] } };
    expect(judged('CVM-DV-001')[0]?.sentence).toContain('nothing under dm-verity');
    expect(judged('CVM-DV-001', verity)[0]?.sentence).toContain('reference images');
  });

  it('is judged by its TPM alone where nobody can log in', () => {
    const noAccess = 'there is no SSH';
    expect(judged('CVM-MB-001', { noAccess }, OTHER)).toMatchObject([
      { state: 'fail', witness: 'TPM command log', file: 'swtpm.log' },
      { state: 'fail', witness: 'TPM command log', file: 'swtpm.log' },
    ]);
    expect(judged('CVM-MB-004', { noAccess })).toMatchObject([
      { state: 'skip', sentence: 'the guest’s logs cannot be asked for: there is no SSH' },
    ]);
  });

  it('has requirements waived to the last day, with their reason, and no longer', () => {
    expect(judged('CVM-MB-001', { waivers: [WAIVER] }, OTHER)).toMatchObject([
      { state: 'skip', sentence: 'waived until 2026-11-27: the loader is another' },
    ]);
    const [first] = judged('CVM-MB-001', { waivers: [WAIVER], today: '2026-11-28' }, OTHER);
    expect(first?.state).toBe('fail');
    expect(judged('CVM-MB-002', { waivers: [WAIVER] })[0]?.state).toBe('pass');
  });

  it('is judged by no more than the configuration says', () => {
    expect(judged('CVM-MB-001', { requirements: ['CVM-MB-002'] })).toMatchObject([
      { state: 'skip', sentence: expect.stringContaining('configuration') },
    ]);
  });

  it('that does not come up meets none of them', () => {
    const all = judgeFailedBoot('in stage initrd, the VM was reset', TERMS);
    const of = (id: string) => all.find((one) => one.id === id)?.judgements[0]?.state;
    expect([of('CVM-MB-001'), of('CVM-MB-007')]).toEqual(['fail', 'skip']);
  });
});
