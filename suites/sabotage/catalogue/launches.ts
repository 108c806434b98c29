import { toHex } from '../../../harness/bytes/hex.ts';
import { judgeLaunchDigests } from '../../../harness/judge/judge-launch-digests.ts';
import { judgeChecks } from '../../../harness/judge/judge-report.ts';
import {
  judgeLaunchRefused,
  judgeSnpProperties,
  judgeSnpRefusal,
} from '../../../harness/judge/judge-snp-launch.ts';
import { snpObjects } from '../../../harness/vm/snp-arguments.ts';
import {
  checkIdBlock,
  type LaunchIdentity,
  makeIdBlock,
  wrongIdBlocks,
} from '../../launch-measurement/id-blocks.ts';
import { type LaunchChange, launchChanges } from '../../launch-measurement/launch-changes.ts';
import { type DirectLaunch, digestOf, launchOf } from '../../launch-measurement/launch-of.ts';
import { snpMachine } from '../../launch-measurement/snp-machine.ts';
import type { Bench } from '../bench.ts';
import type { Attempt, Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const FILE = 'digests.json';

/** VMMs that leave something out of a launch, ID blocks that are for another, and QEMUs that know no SNP. */
export const LAUNCHES: readonly Sabotage[] = [
  launch(
    {
      what: 'the hashes of what is booted are not measured',
      says: 'a space at the end of the command line: the same launch digest',
    },
    'a space at the end of the command line',
    (one) => ({ ...one, kernelHashes: false }),
  ),
  launch(
    { what: 'only the first vCPU is measured', says: 'one vCPU more: the same launch digest' },
    'one vCPU more',
    (one) => ({ ...one, vcpus: { ...one.vcpus, count: 1 } }),
  ),
  launch(
    {
      what: 'every vCPU is taken for a Milan',
      says: 'another type of vCPU: the same launch digest',
    },
    'another type of vCPU',
    (one, usual) => ({ ...one, vcpus: { ...one.vcpus, signature: usual.vcpus.signature } }),
  ),
  launch(
    {
      what: 'the SEV features are not measured',
      says: 'another SEV feature: the same launch digest',
    },
    'another SEV feature',
    (one) => ({ ...one, features: 1n }),
  ),
  launch(
    {
      what: 'the firmware was measured before it was changed',
      says: 'the firmware with one bit changed at 0x0: the same launch digest',
    },
    'the firmware with one bit changed at 0x0',
    (one, usual) => ({ ...one, firmware: usual.firmware }),
  ),
  idBlock(
    {
      what: 'the ID block is for another launch digest',
      says: 'the ID block of the launch: refused',
    },
    0,
  ),
  idBlock(
    { what: 'the ID block is for another policy', says: 'the ID block of the launch: refused' },
    1,
  ),
  idBlock(
    { what: 'the ID block is signed by nobody', says: 'the ID block of the launch: refused' },
    2,
  ),
  made(
    'CVM-LM-002',
    {
      what: 'an ID block for another launch is taken',
      says: 'an ID block for another launch digest: verifies',
    },
    async () => {
      const [wrong] = wrongIdBlocks(IDENTITY);
      if (wrong === undefined) throw new TypeError('no wrong ID block');
      const { what, refusedBy, ...block } = wrong;
      const taken = checkIdBlock(makeIdBlock(IDENTITY), IDENTITY);
      return {
        sound: [judgeChecks(what, checkIdBlock(block, IDENTITY), { refusedBy }, FILE)],
        wrong: [judgeChecks(what, taken, { refusedBy }, FILE)],
      };
    },
  ),
  properties(
    { what: 'QEMU knows no SNP guests', says: 'QEMU does not know of the launch: ' },
    () => 'no such object\n',
  ),
  properties(
    {
      what: 'QEMU is too old to measure the hashes of kernels',
      says: 'QEMU does not know of the launch: kernel-hashes',
    },
    (help) => help.replace(/^.*kernel-hashes=.*\n/m, ''),
  ),
  refusal(
    {
      what: 'QEMU starts a guest where there is no SNP',
      says: 'does not refuse the launch for want of SEV-SNP alone',
    },
    undefined,
  ),
  refusal(
    {
      what: 'QEMU refuses a property, and not the launch',
      says: 'does not refuse the launch for want of SEV-SNP alone',
    },
    ["qemu-system-x86_64: Property 'sev-snp-guest.host-data' not found", 'KVM required'],
  ),
  finish(
    { what: 'a launch for another ID block is finished', says: 'not refused as a launch is' },
    undefined,
  ),
  finish({ what: 'a launch breaks off for want of memory', says: 'not refused as a launch is' }, [
    'qemu-system-x86_64: cannot set up guest memory',
  ]),
  made(
    'CVM-LM-008',
    {
      what: 'the changed firmware has the digest of the usual one',
      says: 'the same launch digest',
    },
    async (bench) => {
      using files = new DisposableStack();
      const usual = await usualLaunch(bench, files);
      const [change] = launchChanges(usual);
      if (change === undefined) throw new TypeError('no change of the firmware');
      return digests('the firmware with one byte changed', usual, change.launch, usual);
    },
  ),
];

const IDENTITY: LaunchIdentity = { measurement: new Uint8Array(48).fill(7), policy: 0x30000n };

async function usualLaunch({ stock }: Bench, files: DisposableStack): Promise<DirectLaunch> {
  const { machine } = await snpMachine(stock);
  return await launchOf(machine, files);
}

/** A launch in which something is left out that is to be measured: its change then moves nothing. */
function launch(
  about: Pick<Sabotage, 'what' | 'says'>,
  changed: LaunchChange['what'],
  leaveOut: (launch: DirectLaunch, usual: DirectLaunch) => DirectLaunch,
): Sabotage {
  return made('CVM-LM-001', about, async (bench) => {
    using files = new DisposableStack();
    const usual = await usualLaunch(bench, files);
    const change = launchChanges(usual).find(({ what }) => what === changed);
    if (change === undefined) throw new TypeError(`no change ${changed}`);
    return {
      sound: digests(changed, usual, change.launch, usual).sound,
      wrong: digests(changed, leaveOut(usual, usual), leaveOut(change.launch, usual), usual).sound,
    };
  });
}

function digests(
  what: string,
  usual: DirectLaunch,
  changed: DirectLaunch,
  wrong: DirectLaunch,
): Attempt {
  const of = (one: DirectLaunch) => toHex(digestOf(one));
  const judge = (digest: string) => [
    judgeLaunchDigests({ what, usual: of(usual), changed: digest }, FILE),
  ];
  return { sound: judge(of(changed)), wrong: judge(of(wrong)) };
}

function idBlock(about: Pick<Sabotage, 'what' | 'says'>, which: number): Sabotage {
  return made('CVM-LM-002', about, async () => {
    const wrong = wrongIdBlocks(IDENTITY)[which];
    if (wrong === undefined) throw new TypeError(`no wrong ID block ${which}`);
    const judge = (block: Parameters<typeof checkIdBlock>[0]) => [
      judgeChecks('the ID block of the launch', checkIdBlock(block, IDENTITY), 'holds', FILE),
    ];
    return { sound: judge(makeIdBlock(IDENTITY)), wrong: judge(wrong) };
  });
}

function properties(
  about: Pick<Sabotage, 'what' | 'says'>,
  change: (help: string) => string,
): Sabotage {
  return made('CVM-LM-003', about, async (bench, signal) => {
    const { machine } = await snpMachine(bench.stock);
    const object = snpObjects(machine).at(-1) ?? '';
    const help = await bench.snpHelp(signal);
    const judge = (said: string) => [judgeSnpProperties(object, said, 'help.txt')];
    return { sound: judge(help), wrong: judge(change(help)) };
  });
}

/** What QEMU says on a host without SEV-SNP. */
const NO_SNP = ['qemu-system-x86_64: sev_common_kvm_init: Failed to open /dev/sev'];

function refusal(
  about: Pick<Sabotage, 'what' | 'says'>,
  lines: readonly string[] | undefined,
): Sabotage {
  return made('CVM-LM-003', about, async () => ({
    sound: [judgeSnpRefusal(NO_SNP, FILE)],
    wrong: [judgeSnpRefusal(lines, FILE)],
  }));
}

/** What QEMU says of a launch that the secure processor refuses to finish. */
const REFUSED = ['qemu-system-x86_64: sev_snp_launch_finish: SNP_LAUNCH_FINISH ret=-5 fw_error=1'];

function finish(
  about: Pick<Sabotage, 'what' | 'says'>,
  lines: readonly string[] | undefined,
): Sabotage {
  return made('CVM-LM-007', about, async () => ({
    sound: [judgeLaunchRefused('an ID block for another launch', REFUSED, FILE)],
    wrong: [judgeLaunchRefused('an ID block for another launch', lines, FILE)],
  }));
}
