import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../sev/testing/make-report.ts';
import { judgeChecks, judgeReportPart } from './judge-report.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const reportData = new Uint8Array(64).fill(0x5a);
const REPORT = makeReport({ reportData }, privateKey);
const EXPECTED = {
  measurement: new Uint8Array(48).fill(0xaa),
  reportData,
  hostData: new Uint8Array(32).fill(0xbb),
  policy: 0x30000n,
};
const PARTS = ['measurement', 'reportData', 'hostData', 'policy'] as const;

describe('a report of a guest', () => {
  it.each(PARTS)('passes where its %s is the expected', (part) => {
    expect(judgeReportPart(part, REPORT, EXPECTED, 'x.report').state).toBe('pass');
  });

  it.each([
    ['measurement', { measurement: new Uint8Array(48) }],
    ['reportData', { reportData: new Uint8Array(64) }],
    ['hostData', { hostData: new Uint8Array(32) }],
    ['policy', { policy: 0xb0000n }],
  ] as const)('fails where its %s is another', (part, other) => {
    const judged = judgeReportPart(part, REPORT, { ...EXPECTED, ...other }, 'x.report');
    expect(judged.state).toBe('fail');
    expect(judged.sentence).toMatch(/^not so: /);
  });

  it('fails where the guest gives something else', () => {
    const judged = judgeReportPart('policy', REPORT.subarray(1), EXPECTED, 'x.report');
    expect(judged).toMatchObject({ state: 'fail', expected: '0x30000' });
    expect(judged.observed).toContain('an attestation report of 1184 bytes');
  });
});

describe('checks', () => {
  const good = { name: 'form', ok: true, detail: 'fine' };
  const bad = { name: 'policy', ok: false, detail: 'another policy' };

  it('hold', () => {
    expect(judgeChecks('a block', [good], 'holds', 'f').state).toBe('pass');
    expect(judgeChecks('a block', [good, bad], 'holds', 'f').state).toBe('fail');
    expect(judgeChecks('a block', [], 'holds', 'f').state).toBe('fail');
  });

  it('refuse for the reason that is meant', () => {
    const refused = { refusedBy: 'policy' };
    expect(judgeChecks('a block', [good, bad], refused, 'f')).toMatchObject({
      state: 'pass',
      sentence: 'a block: refused: another policy',
    });
    expect(judgeChecks('a block', [good], refused, 'f').state).toBe('fail');
    expect(judgeChecks('a block', [bad, { ...good, ok: false }], refused, 'f').state).toBe('fail');
  });

  it('say what was expected and what was seen', () => {
    expect(judgeChecks('a block', [], 'holds', 'f')).toMatchObject({
      sentence: 'a block: nothing was checked',
      expected: 'every check holds',
      witness: 'host file',
      file: 'f',
    });
    expect(judgeChecks('a block', [good], { refusedBy: 'policy' }, 'f')).toMatchObject({
      sentence: 'a block: verifies',
      expected: 'refused by check policy',
      observed: 'every check holds',
    });
    expect(judgeChecks('a block', [bad], 'holds', 'f').observed).toBe('refused by check policy');
  });
});
