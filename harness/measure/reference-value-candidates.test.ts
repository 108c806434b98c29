import { describe, expect, it } from 'vitest';
import { zeroPcr } from './bank.ts';
import { referenceValueCandidates } from './reference-value-candidates.ts';
import { digestOf } from './testing/log-bytes.ts';

const value = digestOf('sha256', 1);
const other = digestOf('sha256', 2);
// H(zeros ‖ H(00000000)), the value of PCR 2, 3 and 6 of nearly every machine.
const separatorOnly = '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969';

describe('reference value candidates', () => {
  it('are PCRs that are the same on both sides, with what they cover', () => {
    const a = { sha256: { 4: value, 7: value, 11: value, 14: value } };
    const b = { sha256: { 4: other, 7: value, 11: value } };
    expect(referenceValueCandidates(a, b)).toEqual([
      { pcr: 7, why: expect.stringContaining('Secure Boot policy') },
      { pcr: 11, why: expect.stringContaining('unified kernel image') },
    ]);
  });

  it('are the same in every bank that both sides have', () => {
    const a = { sha256: { 7: value }, sha1: { 7: digestOf('sha1', 1) } };
    const b = { sha256: { 7: value }, sha1: { 7: digestOf('sha1', 2) } };
    expect(referenceValueCandidates(a, b)).toEqual([]);
    expect(referenceValueCandidates(a, { sha256: b.sha256 })).toHaveLength(1);
  });

  it('are not what depends on the machine or the moment', () => {
    const pcrs = { sha256: { 10: value, 15: value, 16: value, 23: value } };
    expect(referenceValueCandidates(pcrs, pcrs)).toEqual([]);
  });

  it('are not PCRs that nothing was measured into, but for overrides', () => {
    const zeros = zeroPcr('sha256');
    const pcrs = { sha256: { 0: zeros, 8: zeros, 12: zeros, 13: zeros, 17: 'ff'.repeat(32) } };
    expect(referenceValueCandidates(pcrs, pcrs)).toEqual([
      { pcr: 12, why: expect.stringContaining('neither was given a command line') },
      { pcr: 13, why: expect.stringContaining('neither was given a system extension') },
    ]);
  });

  it('say where only the separator was measured', () => {
    const pcrs = { sha256: { 2: separatorOnly } };
    expect(referenceValueCandidates(pcrs, pcrs)).toEqual([
      { pcr: 2, why: 'option ROMs and drivers: nothing but the separator was measured' },
    ]);
  });
});
