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
      expected: 'cbitpos, policy, host-data',
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
  });
});

describe('a QEMU without SEV-SNP', () => {
  it.each([
    ['qemu-system-x86_64: sev-snp-guest: KVM required'],
    ['qemu-system-x86_64: vm-type SEV-SNP not supported by KVM'],
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

describe('a launch with a wrong ID block', () => {
  it('is refused by the secure processor', () => {
    const lines = ['SNP_LAUNCH_FINISH ret=-5 fw_error=9'];
    expect(judgeLaunchRefused('another policy', lines, 'qemu.log').state).toBe('pass');
  });

  it.each([[undefined], [['qemu: out of memory']]])('fails with %s', (lines) => {
    expect(judgeLaunchRefused('another policy', lines, 'qemu.log').state).toBe('fail');
  });
});
