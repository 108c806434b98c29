import { createPublicKey } from 'node:crypto';
import { FormatError, printable } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type GivenCertificate, readCertificateFile } from '../sev/certificate-file.ts';
import { certificateUrls } from '../sev/certificate-url.ts';
import { bindsRuntimeData, type HclReport } from '../sev/hcl-report.ts';
import { type ReportCheck, type ReportExpectations, verifyReport } from '../sev/report-verify.ts';
import { checkLines } from './report-checks.ts';
import { openReport } from './report-show.ts';

/** What `cvm report verify --json` prints. */
export type ReportVerification = {
  readonly valid: boolean;
  readonly checks: readonly ReportCheck[];
  /** Files of the folder that hold no certificates that can be read; absent where all do. */
  readonly ignored?: readonly string[];
  /** Where AMD has the certificates that are missing; absent where none are, or nobody knows. */
  readonly fetch?: readonly string[];
};

/** What a report is held against, and the files with certificates. */
export type VerifyOptions = Omit<ReportExpectations, 'certificates'> & {
  readonly certificateFiles: readonly ByteSource[];
};

/**
 * The action behind `cvm report verify FILE`.
 *
 * @param source a raw report or an HCL report
 * @throws FormatError where the file is no report
 */
export function reportVerify(
  source: ByteSource,
  { certificateFiles, ...expected }: VerifyOptions,
): ReportVerification {
  const { report, hcl } = openReport(source);
  const { certificates, ignored } = readCertificates(certificateFiles);
  const checks = [
    ...verifyReport(report, { ...expected, certificates }),
    ...(hcl === undefined ? [] : hclChecks(hcl, report.reportData)),
  ];
  const valid = checks.every(({ ok }) => ok);
  const isMissing = checks.some(({ name, ok }) => NEED_CERTIFICATES.includes(name) && !ok);
  const fetch = isMissing ? certificateUrls(report) : [];
  return {
    valid,
    checks,
    ...(ignored.length > 0 && { ignored }),
    ...(fetch.length > 0 && { fetch }),
  };
}

/** Checks that fail where a certificate is missing, or is of another TCB. */
const NEED_CERTIFICATES: readonly string[] = ['signature', 'chain', 'tcb'];

/** Other files may lie in the folder; what a chain then lacks is said where it is looked for. */
function readCertificates(files: readonly ByteSource[]) {
  const certificates: GivenCertificate[] = [];
  const ignored: string[] = [];
  for (const file of files) {
    try {
      certificates.push(...readCertificateFile(file));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      ignored.push(error.message);
    }
  }
  return { certificates, ignored };
}

function hclChecks(hcl: HclReport, reportData: Uint8Array): readonly ReportCheck[] {
  const isBound = bindsRuntimeData(hcl, reportData);
  const problem = akProblem(hcl);
  return [
    {
      name: 'runtimeData',
      ok: isBound,
      detail: `REPORT_DATA is ${isBound ? '' : 'not '}the ${hcl.algorithm} of the runtime data`,
    },
    { name: 'ak', ok: problem === undefined, detail: problem ?? "the vTPM's AK is a public key" },
  ];
}

function akProblem({ ak }: HclReport): string | undefined {
  if (ak === undefined) return 'the runtime data has no key HCLAkPub';
  try {
    createPublicKey({ key: { ...ak }, format: 'jwk' });
    return undefined;
  } catch {
    return 'the key HCLAkPub of the runtime data cannot be read';
  }
}

/** The report for people: a line for each check. */
export function renderVerification(result: ReportVerification): string {
  const { valid, checks, ignored = [], fetch = [] } = result;
  return [
    ...checkLines(checks),
    ...ignored.map((line) => `ignored ${printable(line)}`),
    ...fetch.map((url) => `AMD has ${url}`),
    valid ? 'The report verifies.' : 'The report does not verify.',
  ].join('\n');
}
