import { toHex } from '../../harness/bytes/hex.ts';
import { judgeLaunchDigests } from '../../harness/judge/judge-launch-digests.ts';
import {
  type ExpectedReport,
  judgeChecks,
  judgeReportPart,
  type ReportPart,
} from '../../harness/judge/judge-report.ts';
import {
  judgeLaunchRefused,
  judgeSnpProperties,
  judgeSnpRefusal,
} from '../../harness/judge/judge-snp-launch.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { snpObjects } from '../../harness/vm/snp-arguments.ts';
import { accelerator, guest, type Look, launch, missing, onHardware } from './conformance.ts';
import { checkIdBlock, makeIdBlock, wrongIdBlocks } from './id-blocks.ts';
import { launchChanges } from './launch-changes.ts';
import { digestOf, launchOf } from './launch-of.ts';
import { LAUNCH_FILES, withIdBlock } from './snp-guests.ts';

const { machine } = guest;

async function computed(of: Machine): Promise<Uint8Array> {
  using files = new DisposableStack();
  return digestOf(await launchOf(of, files));
}

const policy = BigInt(machine.sev?.policy ?? 0);

launch('CVM-LM-001', 'everything that is launched moves the launch digest', async (guests) => {
  using files = new DisposableStack();
  const usual = await launchOf(machine, files);
  const digest = toHex(digestOf(usual));
  const changes = launchChanges(usual).map((change) => ({
    what: change.what,
    usual: digest,
    changed: toHex(digestOf(change.launch)),
  }));
  await guests.keep(LAUNCH_FILES.digests, `${JSON.stringify({ digest, changes }, null, 1)}\n`);
  return changes.map((change) => judgeLaunchDigests(change, LAUNCH_FILES.digests));
});

launch('CVM-LM-002', 'an ID block is for one launch', async (guests) => {
  const identity = { measurement: await computed(machine), policy };
  const file = LAUNCH_FILES.idBlocks;
  const right = checkIdBlock(makeIdBlock(identity), identity);
  const wrong = wrongIdBlocks(identity).map(({ what, refusedBy, ...block }) => {
    return { what, refusedBy, checks: checkIdBlock(block, identity) };
  });
  await guests.keep(file, `${JSON.stringify({ right, wrong }, null, 1)}\n`);
  return [
    judgeChecks('the ID block of the launch', right, 'holds', file),
    ...wrong.map(({ what, refusedBy, checks }) => judgeChecks(what, checks, { refusedBy }, file)),
  ];
});

launch('CVM-LM-003', 'QEMU knows the launch', async (guests, signal) => {
  const help = await guests.help(signal);
  const object = snpObjects(withIdBlock(machine, 'all', NO_BLOCK)).at(-1) ?? '';
  const properties = judgeSnpProperties(object, help, LAUNCH_FILES.help);
  if (missing.length === 0) return [properties];
  const lines = await guests.refusal(machine, accelerator, signal);
  return [properties, judgeSnpRefusal(lines, `${machine.name}.log`)];
});

/** For the properties alone. */
const NO_BLOCK = { idBlock: new Uint8Array(96), idAuth: new Uint8Array(4096) };

function reportSays(...parts: readonly ReportPart[]): Look {
  return async (guests, signal) => {
    const { report, reportData } = await guests.report(machine, signal);
    const expected = await expectedOf(machine, reportData);
    return parts.map((part) => judgeReportPart(part, report, expected, `${machine.name}.report`));
  };
}

async function expectedOf(of: Machine, reportData: Uint8Array): Promise<ExpectedReport> {
  const hostData = Buffer.from(of.sev?.hostData ?? '', 'hex');
  return { measurement: await computed(of), reportData, hostData, policy };
}

onHardware('CVM-LM-004', 'the report shows the computed digest', reportSays('measurement'));
onHardware('CVM-LM-005', 'the report carries the nonce', reportSays('reportData'));
onHardware('CVM-LM-006', 'the report shows host data and policy', reportSays('hostData', 'policy'));

onHardware('CVM-LM-007', 'a launch for another ID block is refused', async (guests, signal) => {
  const identity = { measurement: await computed(machine), policy };
  const right = withIdBlock(machine, 'right-id-block', makeIdBlock(identity));
  const { report, reportData } = await guests.report(right, signal);
  const file = `${right.name}.report`;
  const twin = judgeReportPart('measurement', report, await expectedOf(right, reportData), file);
  const refused: Judgement[] = [];
  for (const [index, { what, refusedBy: _, ...block }] of wrongIdBlocks(identity).entries()) {
    const wrong = withIdBlock(machine, `wrong-id-block-${index + 1}`, block);
    const lines = await guests.refusal(wrong, 'kvm', signal);
    refused.push(judgeLaunchRefused(what, lines, `${wrong.name}.log`));
  }
  return [twin, ...refused];
});

onHardware('CVM-LM-008', 'a changed firmware shows its own digest', async (guests, signal) => {
  const other = await guests.otherFirmware(machine);
  const { report, reportData } = await guests.report(other, signal);
  const file = `${other.name}.report`;
  const changed = toHex(await computed(other));
  const usual = toHex(await computed(machine));
  return [
    judgeLaunchDigests({ what: 'the firmware with one byte changed', usual, changed }, file),
    judgeReportPart('measurement', report, await expectedOf(other, reportData), file),
  ];
});
