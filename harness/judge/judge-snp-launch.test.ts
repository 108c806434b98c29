import { describe, expect, it } from 'vitest';
import { judgeLaunchRefused, judgeSnpProperties, judgeSnpRefusal } from './judge-snp-launch.ts';

/** As QEMU 10.0 prints it, some lines left out. */
const HELP = [
  'sev-snp-guest options:',
  '  author-key-enabled=<bool>',
  '  host-data=<string>',
  '  policy=<uint64>',
].join('\n');

describe("the properties of QEMU's sev-snp-guest", () => {
  const judge = (guest: string, help = HELP) => judgeSnpProperties(guest, help, 'help.txt');

  it('are all known', () => {
    expect(judge('sev-snp-guest,id=sev0,cbitpos=51,policy=0x30000,host-data=aa=')).toMatchObject({
      state: 'pass',
      sentence: 'QEMU knows every property of the launch',
      expected: 'cbitpos, policy, host-data',
      observed: 'author-key-enabled, host-data, policy',
    });
  });

  it('are named where one is not', () => {
    expect(judge('sev-snp-guest,id=sev0,policy=0x30000,tsc-khz=3')).toMatchObject({
      state: 'fail',
      sentence: 'QEMU does not know of the launch: tsc-khz',
    });
  });

  it.each([
    ['QEMU lists none', 'sev-snp-guest,policy=1', 'There are no options for sev-snp-guest yet'],
    ['none is used', 'sev-snp-guest', HELP],
  ])('fail where %s', (_, guest, help) => {
    expect(judge(guest, help).state).toBe('fail');
    expect(judge(guest, 'no help').observed).toBe('no properties');
    expect(judge(guest, help).sentence).toMatch(/^QEMU does not know of the launch: \S/);
  });
});

describe('a QEMU without SEV-SNP', () => {
  it.each([
    ['qemu-system-x86_64: sev-snp-guest: KVM required'],
    ['qemu-system-x86_64: vm-type SEV-SNP not supported by KVM'],
    ['qemu-system-x86_64: accelerator does not support confidential guest sev-snp-guest'],
    ['Could not access KVM kernel module: No such file or directory'],
    ['qemu-system-x86_64: -accel kvm: failed to initialize kvm: No such file or directory'],
    [
      "qemu-system-x86_64: sev_common_kvm_init: Failed to open /dev/sev 'No such file or directory'",
    ],
    ["qemu-system-x86_64: sev_kvm_init: cbitpos check failed, host '0' requested '51'"],
  ])('refuses for want of it: %s', (line) => {
    expect(judgeSnpRefusal([line], 'qemu.log').state).toBe('pass');
  });

  it.each([
    ['starts', undefined],
    ['says nothing', []],
    ['dies of something else', ['qemu-system-x86_64: cannot set up guest memory']],
    [
      'does not understand its arguments either',
      ["Property 'sev-snp-guest.foo' not found", 'KVM required'],
    ],
  ])('is no witness where it %s', (_, lines) => {
    expect(judgeSnpRefusal(lines, 'qemu.log').state).toBe('fail');
  });
});

describe('a QEMU that misses SEV-SNP', () => {
  it.each([
    "qemu-system-x86_64: -object sev-snp-guest,foo=1: Property 'sev-snp-guest.foo' not found",
    "qemu-system-x86_64: -machine q35,foo=1: property 'pc-q35-10.0-machine.foo' not found",
    "qemu-system-x86_64: Invalid parameter 'foo'",
    "qemu-system-x86_64: Parameter 'qom-type' does not accept value 'sev-snp-guest'",
    'qemu-system-x86_64: sev-snp-guest is not a valid object type name',
    "qemu-system-x86_64: -device foo: Device 'foo' not found",
  ])('is no witness where it does not understand its arguments: %s', (line) => {
    const judged = judgeSnpRefusal([line, 'sev-snp-guest: KVM required'], 'qemu.log');
    expect(judged).toMatchObject({
      state: 'fail',
      sentence: 'QEMU does not refuse the launch for want of SEV-SNP alone',
      observed: `${line}; sev-snp-guest: KVM required`,
    });
  });

  it('is told by what it says, or does', () => {
    const observed = (lines: readonly string[] | undefined) =>
      judgeSnpRefusal(lines, 'qemu.log').observed;
    expect(observed(undefined)).toBe('a QEMU that starts');
    expect(observed([])).toBe('no reason');
    expect(judgeSnpRefusal(['KVM required'], 'qemu.log').sentence).toBe(
      'QEMU refuses the launch for want of SEV-SNP',
    );
  });
});

describe('a launch with a wrong ID block', () => {
  it('is refused by the secure processor', () => {
    const lines = ['SNP_LAUNCH_FINISH ret=-5 fw_error=9'];
    expect(judgeLaunchRefused('another policy', lines, 'qemu.log')).toMatchObject({
      state: 'pass',
      sentence: 'another policy: the launch is refused',
      observed: lines[0],
    });
    const other = ['qemu-system-x86_64: sev_snp_launch_finish: LAUNCH_FINISH failed ret=-5'];
    expect(judgeLaunchRefused('another policy', other, 'qemu.log').state).toBe('pass');
  });

  it.each([[undefined], [['qemu: out of memory']]])('fails with %s', (lines) => {
    expect(judgeLaunchRefused('another policy', lines, 'qemu.log')).toMatchObject({
      state: 'fail',
      sentence: 'another policy: not refused as a launch is',
      observed: lines?.[0] ?? 'a guest that starts',
    });
  });
});
