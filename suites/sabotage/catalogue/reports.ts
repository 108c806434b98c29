import {
  type ExpectedReport,
  judgeReportPart,
  type ReportPart,
} from '../../../harness/judge/judge-report.ts';
import { REPORT_BYTES } from '../../../harness/sev/attestation-report.ts';
import type { Requirement } from '../../requirements/requirement.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

/** What the reports of a launch have to say. */
const EXPECTED: ExpectedReport = {
  measurement: new Uint8Array(48).fill(0xaa),
  reportData: new Uint8Array(64).fill(0xbb),
  hostData: new Uint8Array(32).fill(0xcc),
  policy: 0x30000n,
};

/** Reports of guests that were launched otherwise, asked otherwise, or give no report. */
export const REPORTS: readonly Sabotage[] = [
  report(
    'CVM-LM-004',
    {
      what: 'the guest was launched from something else',
      says: 'not so: the measurement of the report',
    },
    'measurement',
    { measurement: new Uint8Array(48).fill(0xab) },
  ),
  report(
    'CVM-LM-005',
    {
      what: 'the report was made before the nonce was told',
      says: 'not so: the report data is the nonce',
    },
    'reportData',
    { reportData: new Uint8Array(64) },
  ),
  report(
    'CVM-LM-006',
    { what: 'the launch had other host data', says: 'not so: the host data is that of the launch' },
    'hostData',
    { hostData: new Uint8Array(32) },
  ),
  report(
    'CVM-LM-006',
    { what: 'the guest may be debugged', says: 'not so: the policy is that of the launch' },
    'policy',
    { policy: 0xb0000n },
  ),
  made(
    'CVM-LM-004',
    { what: 'the guest gives half a report', says: 'not so: the measurement of the report' },
    async () => ({
      sound: [judgeReportPart('measurement', bytesOf(EXPECTED), EXPECTED, FILE)],
      wrong: [judgeReportPart('measurement', bytesOf(EXPECTED).subarray(0, 600), EXPECTED, FILE)],
    }),
  ),
];

const FILE = 'snp-guest.report';

function report(
  requirement: Requirement['id'],
  about: Pick<Sabotage, 'what' | 'says'>,
  part: ReportPart,
  other: Partial<ExpectedReport>,
): Sabotage {
  return made(requirement, about, async () => ({
    sound: [judgeReportPart(part, bytesOf(EXPECTED), EXPECTED, FILE)],
    wrong: [judgeReportPart(part, bytesOf({ ...EXPECTED, ...other }), EXPECTED, FILE)],
  }));
}

/** An ATTESTATION_REPORT (AMD 56860, table 23) that nobody has signed: no judge here looks at that. */
function bytesOf({ policy, reportData, measurement, hostData }: ExpectedReport): Uint8Array {
  const bytes = Buffer.alloc(REPORT_BYTES);
  bytes.writeUInt32LE(3, 0);
  bytes.writeBigUInt64LE(policy, 8);
  bytes.writeUInt32LE(1, 0x34);
  bytes.set(reportData, 0x50);
  bytes.set(measurement, 0x90);
  bytes.set(hostData, 0xc0);
  return bytes;
}
