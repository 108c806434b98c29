import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { makeIgvm, pageData, platform } from '../sev/testing/make-igvm.ts';
import { ABLE, makeOvmf } from '../sev/testing/make-ovmf.ts';
import { hashesTableReport, renderHashesTable } from './hashes-table.ts';
import { launchDigestReport, renderLaunchDigest } from './launch-digest.ts';
import type { LaunchFiles, LaunchFlags } from './launch-request.ts';
import { numberOption, u64Option } from './number-option.ts';

const source = (text: string) => bytesSource(text, Buffer.from(text));
const firmware = bytesSource('test.fd', makeOvmf(ABLE));
const kernel = source('kernel');
const initrd = source('initrd');

const FLAGS: LaunchFlags = {
  mode: 'snp',
  vcpus: 3,
  vcpuType: 'EPYC-Milan',
  guestFeatures: 0x21n,
  vmm: 'qemu',
};

const report = (flags: Partial<LaunchFlags> = {}, files: LaunchFiles = {}) =>
  launchDigestReport({ ...FLAGS, ...flags }, { firmware, ...files });

const usageError = (text: string) =>
  expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(text) });

describe('cvm launch-digest', () => {
  // As virtee/sev-snp-measure 8f2b337e computes it.
  const digest =
    '7bf6462561adc0ec8a61465340ec507fd8237e018120b4d9deabb84b0eeef28767854344856156ac5c3c97612cb98ed5';

  it('prints the digest, and every page with --json', () => {
    const launch = report({ cmdline: 'quiet' }, { kernel, initrd });
    expect(renderLaunchDigest(launch)).toBe(digest);
    expect(launch).toMatchObject({ mode: 'snp', digest });
    expect(launch.pages[0]).toMatchObject({ type: 'NORMAL', gpa: '0xfffff000', size: 4096 });
    expect(launch.pages.at(-1)).toEqual({
      type: 'VMSA',
      gpa: '0xfffffffff000',
      size: 4096,
      digest: expect.stringMatching(/^[0-9a-f]{96}$/),
      holds: 'first state of vCPU 2',
      launchDigest: digest,
    });
  });

  it.each([
    ['a signature', { vcpuSig: 0xa00f11 }],
    ['family, model and stepping', { vcpuFamily: 25, vcpuModel: 1, vcpuStepping: 1 }],
  ])('takes vCPUs by %s', (_, flags) => {
    const { vcpuType: _type, ...rest } = FLAGS;
    const all = { ...rest, ...flags, cmdline: 'quiet' };
    expect(launchDigestReport(all, { firmware, kernel, initrd }).digest).toBe(digest);
  });

  it('takes an IGVM file', () => {
    const igvm = bytesSource(
      'a.igvm',
      makeIgvm([platform(2), pageData(0x1000)], new Uint8Array(0)),
    );
    const launch = launchDigestReport(FLAGS, { igvm });
    expect(launch.pages).toMatchObject([{ type: 'NORMAL', gpa: '0x1000', holds: 'zeros' }]);
  });

  it.each([
    ['sev', '1a3d1741597afb51dbaec663eef0195a973e8a936e8634da9a1769679571dd37', 2],
    [
      'snp-ovmf-hash',
      'f04e984e243fa4abd3bb4a00f960d53bd57b477958baed8ffdb0f53749dc67e1be1a30a6a0d566b0cfd0a452a7d1ec35',
      1,
    ],
  ] as const)('has the mode %s', (mode, expected, pages) => {
    const launch = report({ mode, cmdline: 'quiet' }, { kernel, initrd });
    expect(launch).toMatchObject({ mode, digest: expected });
    expect(launch.pages).toHaveLength(pages);
  });

  it('has no address for the vCPUs of SEV-ES', () => {
    expect(report({ mode: 'sev-es' }).pages.at(-1)).toMatchObject({ gpa: null, size: 4096 });
  });

  const vars = source('x'.repeat(4096));
  it.each([
    ['a type that is none', { vcpuType: 'EPYC-Gena' }, {}, 'EPYC-Genoa'],
    ['two ways to name vCPUs', { vcpuSig: 1 }, {}, 'give one of'],
    ['half a model', { vcpuType: undefined, vcpuFamily: 25 }, {}, 'go together'],
    ['vCPUs that are not named', { vcpuType: undefined }, {}, 'is missing'],
    ['no firmware', {}, { firmware: undefined }, '--firmware is missing'],
    ['an initrd without kernel', {}, { initrd }, '--kernel is missing'],
    ['a command line without kernel', { cmdline: '' }, {}, '--kernel is missing'],
    ['a digest of the firmware in SEV', { mode: 'sev', ovmfHash: new Uint8Array(48) }, {}, 'snp'],
    ['an SVSM in SEV-ES', { mode: 'sev-es' }, { svsm: firmware, vars }, '--mode snp'],
    ['an SVSM on EC2', { vmm: 'ec2' }, { svsm: firmware, vars }, '--vmm qemu'],
    ['an SVSM with a kernel', {}, { svsm: firmware, vars, kernel }, 'no kernel'],
    ['an SVSM without a variable store', {}, { svsm: firmware }, '--vars'],
    ['an IGVM file in SEV', { mode: 'sev' }, { igvm: firmware }, '--mode snp'],
    ['an IGVM file with a firmware', {}, { igvm: firmware }, 'goes without --firmware'],
    ['a variable store without an SVSM', {}, { vars }, '--svsm'],
  ])('refuses %s', (_, flags, files, text) => {
    expect(() => report(flags as Partial<LaunchFlags>, files as LaunchFiles)).toThrow(
      usageError(text),
    );
  });
});

describe('cvm hashes-table', () => {
  it('prints the table and the hashes', () => {
    const { report: hashes, table } = hashesTableReport({ kernel, initrd, cmdline: 'quiet' });
    expect(hashes).toEqual({
      table: Buffer.from(table).toString('hex'),
      // printf kernel | sha256sum, and so on; the command line with its NUL.
      kernel: '6923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c',
      initrd: '09e6c018d2c8c4903308613dd1b72484d57eadf12ec50ddc8f52e5accce470f2',
      cmdline: 'c801d8e83dec6220b30fe179a8aabec923c8977255530ecc7dc23b95a6959bbc',
    });
    expect(renderHashesTable(hashes)).toContain(`kernel   ${hashes.kernel}`);
  });
});

describe('a number', () => {
  const parse = numberOption('--vcpus', 1, 512);

  it.each([
    ['1', 1],
    ['512', 512],
    ['0x10', 16],
  ])('%s is read', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each(['0', '513', '4096', '', '-1', '1.5', '1e2', '0x', 'four'])('%s is refused', (text) => {
    expect(() => parse(text)).toThrow(usageError('--vcpus: expected a number from 1 to 512'));
  });
});

describe('a field of 64 bits', () => {
  const parse = u64Option('--guest-features');

  it.each([
    ['0', 0n],
    ['0x8000000000000001', 0x8000_0000_0000_0001n],
    ['18446744073709551615', 0xffff_ffff_ffff_ffffn],
  ])('%s is read, to the last bit', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each(['18446744073709551616', '', '-1', '1.5', 'one'])('%s is refused', (text) => {
    expect(() => parse(text)).toThrow(
      usageError('--guest-features: expected a number from 0 to 18446744073709551615'),
    );
  });
});
