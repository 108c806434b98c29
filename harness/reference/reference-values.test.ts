import { describe, expect, it } from 'vitest';
import { referenceOfBoot, referenceOfForecast } from './reference-values.ts';

const ABOUT = { tool: 'cvm-conformance 0.0.0', phase: 'enter-initrd', files: [] };
const BOOT = { tool: 'cvm-conformance 0.0.0', at: '2026-11-21T07:32:17.007Z', files: [] };
const value = (digits: string) => digits.repeat(32);

describe('reference values of a forecast', () => {
  it('are what is known, with each reason for what is not', () => {
    const values = referenceOfForecast(
      {
        banks: { sha256: { 4: value('aa') } },
        events: [],
        learned: [{ pcr: 4, what: 'a volume' }],
        unpredictable: [
          { pcr: 1, reason: 'no machine' },
          { pcr: 0, reason: 'no rule' },
          { pcr: 1, reason: 'no options' },
        ],
      },
      ABOUT,
    );
    expect(values).toEqual({
      banks: { sha256: { 4: value('aa') } },
      omitted: [
        { pcr: 0, reason: 'no rule' },
        { pcr: 1, reason: 'no machine; no options' },
      ],
      provenance: { ...ABOUT, from: 'forecast', learned: [{ pcr: 4, what: 'a volume' }] },
    });
  });
});

describe('reference values of a boot', () => {
  const pcrs = {
    sha1: { 4: '11'.repeat(20) },
    sha256: { 4: value('aa'), 8: value('00'), 9: value('bb'), 10: value('cc'), 17: value('ff') },
  };

  it('are the values that the logs explain, and none of one boot alone', () => {
    const replayed = { sha256: { 4: value('aa'), 9: value('dd'), 10: value('cc') } };
    const { banks, omitted } = referenceOfBoot({ pcrs, replayed }, ['sha256'], BOOT);
    expect(banks).toEqual({ sha256: { 4: value('aa'), 8: value('00') } });
    expect(omitted.map(({ pcr }) => pcr)).toEqual([9, 10, 17]);
    expect(omitted[0]?.reason).toBe(
      `the event logs replay to ${value('dd')}, and not to what was read`,
    );
  });

  it('are none of a bank that the TPM did not have', () => {
    expect(referenceOfBoot({ pcrs, replayed: {} }, ['sha384'], BOOT).banks).toEqual({});
  });
});
