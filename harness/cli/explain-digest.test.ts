import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { ABLE, makeOvmf } from '../sev/testing/make-ovmf.ts';
import { explainReport, renderExplanation } from './explain-digest.ts';
import type { LaunchFiles, LaunchFlags } from './launch-request.ts';

const source = (text: string) => bytesSource(text, Buffer.from(text));
const firmware = bytesSource('test.fd', makeOvmf(ABLE));
const kernel = source('kernel');
const initrd = source('initrd');

// Digests of a launch with three EPYC-Milan, features 0x21 and the command line "quiet", as
// virtee/sev-snp-measure 8f2b337e computes them.
const QEMU =
  '7bf6462561adc0ec8a61465340ec507fd8237e018120b4d9deabb84b0eeef28767854344856156ac5c3c97612cb98ed5';
const EC2 =
  'c69882ebf7b247dad2487e5b5bc4f809c755653e202d6bd107b362a559c21b1b44c24f579bc61b29e29559038f95f81d';
const WITHOUT_KERNEL =
  '4536f8e5314adcf1a344f66491634c6c83f599376aacb4bd61299cba5a92151685dcf87ee78d0c2cd3fa9b34a859c2c6';
const SEV_ES_KERNEL_ALONE = 'd642fcc729bea376d2f02f69f655a0de136413b4a0150e96a0e9965513efd832';
const SEV = '1a3d1741597afb51dbaec663eef0195a973e8a936e8634da9a1769679571dd37';

const FLAGS: LaunchFlags = {
  mode: 'snp',
  cmdline: 'quiet',
  vcpus: 3,
  vcpuType: 'EPYC-Milan',
  guestFeatures: 0x21n,
  vmm: 'qemu',
};

function explain(digest: string, flags: Partial<LaunchFlags> = {}, files: LaunchFiles = {}) {
  const all = { firmware, kernel, initrd, ...files };
  return explainReport({ ...FLAGS, ...flags }, all, { digest: Buffer.from(digest, 'hex') });
}

describe('cvm launch-digest --explain', () => {
  it('says that a launch was as asked', () => {
    const report = explain(QEMU);
    expect(report).toMatchObject({ mode: 'snp', observed: QEMU });
    expect(report.matches).toEqual([
      {
        boot: 'as given',
        vmm: 'qemu',
        vcpus: 3,
        vcpuSig: '0xa00f11',
        vcpuTypes: ['EPYC-Milan', 'EPYC-Milan-v1', 'EPYC-Milan-v2', 'EPYC-Milan-v3'],
        guestFeatures: '0x21',
        differs: [],
      },
    ]);
    expect(renderExplanation(report)).toMatch(/as asked$/);
  });

  it.each([
    [
      'vCPUs, type and features',
      QEMU,
      { vcpus: 1, vcpuType: 'EPYC', guestFeatures: 1n },
      ['--vcpus 3', '--vcpu-sig 0xa00f11', '--guest-features 0x21'],
    ],
    ['the VMM', EC2, {}, ['--vmm ec2']],
    [
      'the end of the command line',
      QEMU,
      { cmdline: 'quiet\n' },
      ['a command line without the space around'],
    ],
    [
      'the mode without hashes',
      WITHOUT_KERNEL,
      { guestFeatures: 1n, vcpus: 1 },
      ['no table of hashes'],
    ],
    [
      'initrd and command line',
      SEV_ES_KERNEL_ALONE,
      { mode: 'sev-es' },
      ['an empty command line, no initrd'],
    ],
    ['nothing', SEV, { mode: 'sev' }, []],
  ] as const)('finds that %s differ', (_, digest, flags, differs) => {
    const report = explain(digest, flags);
    expect(report.matches).toHaveLength(1);
    expect(report.matches[0]?.differs).toEqual(differs);
    expect(renderExplanation(report)).toContain(differs.join('; ') || 'as asked');
  });

  it('finds nothing where another file was booted', () => {
    const report = explain(QEMU, {}, { kernel: source('another') });
    expect(report.matches).toEqual([]);
    expect(renderExplanation(report)).toContain('are others');
  });

  it('finds launches of a firmware that has no place for hashes', () => {
    const sections = ABLE.sections?.slice(0, 4) ?? [];
    const bare = bytesSource('bare.fd', makeOvmf({ ...ABLE, sections }));
    expect(explain('00'.repeat(48), {}, { firmware: bare }).matches).toEqual([]);
  });

  it.each([
    ['a digest of another mode', SEV, {}, '48 bytes, not 32'],
    ['a mode without inputs', QEMU, { mode: 'snp-ovmf-hash' }, '--explain is for'],
  ] as const)('refuses %s', (_, digest, flags, text) => {
    expect(() => explain(digest, flags)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(text) }),
    );
  });
});
