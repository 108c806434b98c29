import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { MILAN_VCEK, makeChain, makeReport } from '../sev/testing/make-report.ts';
import { renderReport, reportShow } from './report-show.ts';
import { renderVerification, reportVerify } from './report-verify.ts';
import { parseMinTcb } from './tcb-option.ts';

const chain = makeChain(MILAN_VCEK);
const certificateFiles = [chain.vek, chain.ask, chain.ark].map((der, index) =>
  bytesSource(`${index}.der`, der),
);
const at = new Date('2030-01-01');

const raw = bytesSource('report.bin', makeReport({ version: 5 }, chain.key));

function hcl(runtime: string) {
  const words = Buffer.alloc(20);
  const size = Buffer.byteLength(runtime);
  for (const [index, word] of [20 + size, 1, 2, 1, size].entries()) {
    words.writeUInt32LE(word, index * 4);
  }
  const reportData = createHash('sha256').update(runtime).digest();
  const header = Buffer.alloc(32);
  header.write('HCLA');
  const report = makeReport({ reportData }, chain.key);
  return bytesSource('hcl.bin', Buffer.concat([header, report, words, Buffer.from(runtime)]));
}

describe('cvm report show', () => {
  it("has the fields by AMD's names", () => {
    expect(reportShow(raw)).toMatchObject({
      version: 5,
      guestSvn: 0,
      policy: '0x30000',
      policyBits: { smt: true, debug: false },
      measurement: 'aa'.repeat(48),
      hostData: 'bb'.repeat(32),
      chipId: 'c1'.repeat(64),
      reportedTcb: '03000000000008d2',
      tcbParts: { reported: { bootloader: 3, tee: 0, snp: 8, microcode: 0xd2 } },
      cpuidFamId: 25,
      product: 'Milan',
      launchMitVector: '0x0',
    });
    expect(reportShow(raw)).not.toHaveProperty('runtimeData');
    expect(renderReport(reportShow(raw))).toMatch(/^version +5\n/);
  });

  it('has what the paravisor says', () => {
    const shown = reportShow(
      hcl('{"keys":[{"kid":"HCLAkPub","kty":"RSA"}],"user-data":"\\u001b"}'),
    );
    expect(shown).toMatchObject({ ak: { kid: 'HCLAkPub' }, runtimeData: { 'user-data': '\x1b' } });
    expect(renderReport(shown)).not.toContain('\x1b');
    expect(reportShow(hcl('{}'))).toMatchObject({ ak: null, runtimeData: {} });
  });
});

describe('cvm report verify', () => {
  it('says what was looked at', () => {
    const result = reportVerify(raw, { at, certificateFiles });
    expect(result.valid).toBe(true);
    expect(result.checks.map(({ name }) => name)).toContain('signature');
    expect(renderVerification(result)).toMatch(/The report verifies\.$/);
  });

  it('leaves other files of the folder alone, and says so', () => {
    const readme = bytesSource('README', Buffer.from('AMD'));
    const result = reportVerify(raw, { at, certificateFiles: [readme, ...certificateFiles] });
    expect(result.valid).toBe(true);
    expect(result.ignored).toEqual([expect.stringContaining('README')]);
    expect(renderVerification(result)).toContain('ignored README');
  });

  it('refuses another measurement', () => {
    const measurement = new Uint8Array(48);
    const result = reportVerify(raw, { at, certificateFiles, measurement });
    expect(result.valid).toBe(false);
    expect(renderVerification(result)).toMatch(/WRONG +measurement.*does not verify/s);
  });

  it.each([
    ['a key', '{"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"qR7LqAAB"}]}', true],
    ['no key', '{}', false],
    ['a key that is none', '{"keys":[{"kid":"HCLAkPub","kty":"RSA"}]}', false],
  ])('judges runtime data with %s', (_, runtime, valid) => {
    const result = reportVerify(hcl(runtime), { at, certificateFiles });
    expect(result.valid).toBe(valid);
    expect(result.checks.find(({ name }) => name === 'runtimeData')?.ok).toBe(true);
    expect(result.checks.find(({ name }) => name === 'ak')?.ok).toBe(valid);
  });
});

describe('least patch levels', () => {
  it('are read by their parts', () => {
    expect(parseMinTcb('snp=8, microcode=0xd2,FMC=1')).toEqual({ snp: 8, microcode: 0xd2, fmc: 1 });
  });

  it.each(['', 'snp', 'snp=256', 'snp=-1', 'spl4=1', 'snp=1,snp=2'])('%s is refused', (text) => {
    expect(() => parseMinTcb(text)).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});
