import { printable } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type AttestationReport, readAttestationReport } from '../sev/attestation-report.ts';
import { type HclReport, isHclReport, readHclReport } from '../sev/hcl-report.ts';
import { productOf, tcbLayoutOf } from '../sev/product.ts';
import { signingKeyName } from '../sev/report-verify.ts';
import { readTcbVersion } from '../sev/tcb-version.ts';

/** What `cvm report show --json` prints: AMD's names in camelCase. */
export type ReportShow = ReturnType<typeof describe> & {
  /** Of an HCL report: what the paravisor says, and its vTPM's attestation key. */
  readonly runtimeData?: unknown;
  readonly ak?: unknown;
};

/** A report, and the paravisor's report that it came in. */
export type OpenReport = {
  readonly report: AttestationReport;
  readonly hcl: HclReport | undefined;
};

/**
 * Reads a raw report or an HCL report, told apart by how they begin.
 *
 * @throws FormatError where it is neither, or damaged
 */
export function openReport(source: ByteSource): OpenReport {
  const hcl = isHclReport(source) ? readHclReport(source) : undefined;
  return { report: readAttestationReport(hcl?.report ?? source), hcl };
}

/**
 * The action behind `cvm report show FILE`.
 *
 * @throws FormatError where the file is no report
 */
export function reportShow(source: ByteSource): ReportShow {
  const { report, hcl } = openReport(source);
  if (hcl === undefined) return describe(report);
  return { ...describe(report), runtimeData: hcl.runtimeData, ak: hcl.ak ?? null };
}

function describe(report: AttestationReport) {
  const { cpuid, current, committed, signingKey } = report;
  return {
    version: report.version,
    guestSvn: report.guestSvn,
    policy: hexNumber(report.policy),
    policyBits: policyBits(report.policy),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    vmpl: report.vmpl,
    signatureAlgo: report.signatureAlgo,
    platformInfo: hexNumber(report.platformInfo),
    authorKeyEn: report.authorKeyEn,
    maskChipKey: report.maskChipKey,
    signingKey,
    signingKeyName: signingKeyName(signingKey),
    reportData: toHex(report.reportData),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
    ...(cpuid && {
      cpuidFamId: cpuid.family,
      cpuidModId: cpuid.model,
      cpuidStep: cpuid.stepping,
      product: productOf(cpuid) ?? null,
    }),
    chipId: toHex(report.chipId),
    ...tcbs(report),
    currentBuild: current.build,
    currentMinor: current.minor,
    currentMajor: current.major,
    committedBuild: committed.build,
    committedMinor: committed.minor,
    committedMajor: committed.major,
    ...mitigations(report),
  };
}

/** Each TCB as it stands in the file, and by its parts. */
function tcbs(report: AttestationReport) {
  const layout = tcbLayoutOf(report.cpuid?.family);
  const parts = (bytes: Uint8Array) => readTcbVersion(bytes, layout);
  return {
    currentTcb: toHex(report.currentTcb),
    reportedTcb: toHex(report.reportedTcb),
    committedTcb: toHex(report.committedTcb),
    launchTcb: toHex(report.launchTcb),
    tcbParts: {
      current: parts(report.currentTcb),
      reported: parts(report.reportedTcb),
      committed: parts(report.committedTcb),
      launch: parts(report.launchTcb),
    },
  };
}

function mitigations({ launchMitVector, currentMitVector }: AttestationReport) {
  if (launchMitVector === undefined || currentMitVector === undefined) return {};
  return {
    launchMitVector: hexNumber(launchMitVector),
    currentMitVector: hexNumber(currentMitVector),
  };
}

/** Guest policy (AMD 56860, 4.3, GUEST_POLICY). */
function policyBits(policy: bigint) {
  const bit = (index: bigint) => ((policy >> index) & 1n) === 1n;
  return {
    abiMinor: Number(policy & 0xffn),
    abiMajor: Number((policy >> 8n) & 0xffn),
    smt: bit(16n),
    migrateMa: bit(18n),
    debug: bit(19n),
    singleSocket: bit(20n),
    cxlAllow: bit(21n),
    memAes256Xts: bit(22n),
    raplDis: bit(23n),
    ciphertextHidingDram: bit(24n),
    pageSwapDisable: bit(25n),
  };
}

function hexNumber(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** The report for people: a line for each field. */
export function renderReport(report: ReportShow): string {
  return Object.entries(report)
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return `${name.padEnd(NAME_WIDTH)} ${printable(text)}`;
    })
    .join('\n');
}

const NAME_WIDTH = 16;
