import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { type AttestationReport, readAttestationReport } from '../sev/attestation-report.ts';
import type { ReportCheck } from '../sev/report-verify.ts';
import type { Judgement } from './judgement.ts';

/** What a guest's report has to say. */
export type ExpectedReport = {
  /** Launch digest as it was computed, 48 bytes. */
  readonly measurement: Uint8Array;
  /** What the guest was told to pass on, 64 bytes: a nonce. */
  readonly reportData: Uint8Array;
  /** What the launch was given, 32 bytes. */
  readonly hostData: Uint8Array;
  readonly policy: bigint;
};

/** Parts of a report that are held against what is known. */
export type ReportPart = keyof ExpectedReport;

const NAMES: Readonly<Record<ReportPart, string>> = {
  measurement: 'the measurement of the report is the launch digest that was computed',
  reportData: 'the report data is the nonce that the guest was told',
  hostData: 'the host data is that of the launch',
  policy: 'the policy is that of the launch',
};

/**
 * Judges one part of a report that a guest was told to ask for.
 *
 * @param report bytes of the report as the guest gave it
 * @param file keeps the report
 */
export function judgeReportPart(
  part: ReportPart,
  report: Uint8Array,
  expected: ExpectedReport,
  file: string,
): Judgement {
  const read = readReport(report, file);
  const wanted = shown(expected[part]);
  const seen = read instanceof FormatError ? read.message : shown(read[part]);
  const isSame = wanted === seen;
  return {
    state: isSame ? 'pass' : 'fail',
    sentence: isSame ? NAMES[part] : `not so: ${NAMES[part]}`,
    expected: wanted,
    observed: seen,
    witness: 'guest command',
    file,
  };
}

function readReport(bytes: Uint8Array, file: string): AttestationReport | FormatError {
  try {
    return readAttestationReport(bytesSource(file, bytes));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function shown(value: Uint8Array | bigint): string {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : toHex(value);
}

/**
 * Judges what was checked of a report, an ID block or their signatures.
 *
 * @param what begins a sentence
 * @param wanted whether all checks have to hold; or the name of the one that must not
 */
export function judgeChecks(
  what: string,
  checks: readonly ReportCheck[],
  wanted: 'holds' | { readonly refusedBy: string },
  file: string,
): Judgement {
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const expected = wanted === 'holds' ? [] : [wanted.refusedBy];
  const holds = checks.length > 0 && failed.join() === expected.join();
  const because = checks.find(({ ok }) => !ok)?.detail;
  const outcome = because === undefined ? 'verifies' : `refused: ${because}`;
  return {
    state: holds ? 'pass' : 'fail',
    sentence: `${what}: ${checks.length > 0 ? outcome : 'nothing was checked'}`,
    expected: expected.length === 0 ? 'every check holds' : `refused by check ${expected.join()}`,
    observed: failed.length === 0 ? 'every check holds' : `refused by check ${failed.join()}`,
    witness: 'host file',
    file,
  };
}
