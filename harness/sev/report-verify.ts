import { toHex } from '../bytes/hex.ts';
import { isPublishedRoot } from './amd-roots.ts';
import { type AttestationReport, SIGNING_KEY } from './attestation-report.ts';
import type { GivenCertificate } from './certificate-file.ts';
import { productNamed, productOf, tcbLayoutOf } from './product.ts';
import { commonName, findChain, notValidAt, type ReportChain } from './report-chain.ts';
import { signatureProblem } from './report-signature.ts';
import { readTcbVersion, type TcbVersion, tcbDifferences } from './tcb-version.ts';
import type { VekCertificate } from './vek-certificate.ts';

/** One thing that was looked at. */
export type ReportCheck = {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
};

/** What a report is held against. */
export type ReportExpectations = {
  /** Certificates in any order: VCEKs and VLEKs, ASK, ARK. */
  readonly certificates: readonly GivenCertificate[];
  /** When the certificates have to be valid. */
  readonly at: Date;
  readonly measurement?: Uint8Array | undefined;
  readonly reportData?: Uint8Array | undefined;
  readonly hostData?: Uint8Array | undefined;
  /** Least patch levels; parts that are left out may be anything. */
  readonly minTcb?: Partial<TcbVersion> | undefined;
};

/**
 * Verifies an attestation report: who signed it, whether that key is AMD's of this chip and TCB, and
 * whether it says what is expected. The root is trusted because it is among the given certificates.
 *
 * @returns one check for each thing looked at; the report verifies where all are ok
 */
export function verifyReport(
  report: AttestationReport,
  expected: ReportExpectations,
): readonly ReportCheck[] {
  return [
    reservedCheck(report),
    ...keyChecks(report, expected),
    ...valueChecks(report, expected),
    ...tcbChecks(report, expected.minTcb),
  ];
}

function reservedCheck({ reservedSet }: AttestationReport): ReportCheck {
  const [first] = reservedSet;
  if (first === undefined) return check('reserved', true, 'reserved bytes are zero');
  return check('reserved', false, `the reserved byte at 0x${first.toString(16)} is set`);
}

function keyChecks(
  report: AttestationReport,
  { certificates, at }: ReportExpectations,
): readonly ReportCheck[] {
  const kind = signingKeyName(report.signingKey);
  const vek = chooseVek(report, certificates);
  if (vek?.vek === undefined) {
    const detail = `no certificate of a ${kind} among the ${certificates.length} given`;
    return [check('signature', false, detail), check('chain', false, detail)];
  }
  const problem = signatureProblem(report, vek.key);
  const signed = `ECDSA P-384 with SHA-384 by the ${vek.vek.kind} in ${vek.file}`;
  const chain = findChain(vek, certificates);
  return [
    check('signature', problem === undefined, problem ?? signed),
    check(
      'signingKey',
      vek.vek.kind === kind,
      `the report names a ${kind}, the key is a ${vek.vek.kind}`,
    ),
    ...chainChecks(chain, at),
    productCheck(report, vek.vek, chain),
    chipCheck(report, vek.vek),
    vekTcbCheck(report, vek.vek),
  ];
}

/** The key that signed; where none did, one that is for this chip, or of the right kind. */
function chooseVek(
  report: AttestationReport,
  certificates: readonly GivenCertificate[],
): GivenCertificate | undefined {
  const veks = certificates.filter(({ vek }) => vek !== undefined);
  const kind = signingKeyName(report.signingKey);
  return (
    veks.find(({ key }) => signatureProblem(report, key) === undefined) ??
    veks.find(({ vek }) => vek?.hwId !== undefined && isOfChip(report, vek.hwId)) ??
    veks.find(({ vek }) => vek?.kind === kind) ??
    veks[0]
  );
}

function chainChecks(chain: ReportChain, at: Date): readonly ReportCheck[] {
  const late = notValidAt(chain, at).map(commonName);
  const when = `valid at ${at.toISOString()}`;
  const validity = late.length === 0 ? `all ${when}` : `${late.join(', ')} not ${when}`;
  return [
    check('chain', chain.ark !== undefined, describeChain(chain)),
    check('validity', late.length === 0, validity),
  ];
}

function describeChain({ vek, ask, ark }: ReportChain): string {
  const path = [vek, ask, ark]
    .filter((one) => one !== undefined)
    .map(commonName)
    .join(' ← ');
  if (ark === undefined) {
    return `${path}: no ${ask === undefined ? 'ASK' : 'ARK'} that signed the last is given`;
  }
  return isPublishedRoot(ark)
    ? `${path}, as AMD publishes it`
    : `${path}, trusted because it is given: AMD publishes another, or none of this name`;
}

/** The same product in the CPUID fields, the VEK and the name of the root. */
function productCheck(
  { cpuid }: AttestationReport,
  { productName, layout }: VekCertificate,
  { ark }: ReportChain,
): ReportCheck {
  const named = productNamed(productName);
  const ofReport = cpuid && productOf(cpuid);
  const root = ark && commonName(ark);
  const fits =
    (cpuid === undefined || ofReport === named) &&
    layout === tcbLayoutOf(cpuid?.family) &&
    (root === undefined || root === `ARK-${named}`);
  const parts = [
    `VEK ${productName}`,
    `report ${ofReport ?? 'does not say'}`,
    `root ${root ?? 'missing'}`,
  ];
  return check('product', fits, parts.join(', '));
}

function chipCheck(report: AttestationReport, { hwId }: VekCertificate): ReportCheck {
  if (hwId === undefined) return check('chipId', true, 'a VLEK is for no chip');
  if (report.chipId.every((byte) => byte === 0)) {
    return check('chipId', true, 'the host hides the chip id');
  }
  const fits = isOfChip(report, hwId);
  return check(
    'chipId',
    fits,
    `${fits ? 'the VCEK is' : 'the VCEK is not'} of the chip ${toHex(report.chipId)}`,
  );
}

/** Turin's are 8 bytes, with zeros behind. */
function isOfChip({ chipId }: AttestationReport, hwId: Uint8Array): boolean {
  return hwId.length > 0 && chipId.every((byte, index) => byte === (hwId[index] ?? 0));
}

function vekTcbCheck(report: AttestationReport, { tcb }: VekCertificate): ReportCheck {
  const reported = reportedTcb(report);
  const differences = tcbDifferences(reported, tcb, (found, wanted) => found === wanted);
  return check(
    'tcb',
    differences.length === 0,
    differences.join('; ') || 'REPORTED_TCB is that of the VEK',
  );
}

function valueChecks(
  report: AttestationReport,
  expected: ReportExpectations,
): readonly ReportCheck[] {
  return (['measurement', 'reportData', 'hostData'] as const).flatMap((name) => {
    const wanted = expected[name];
    if (wanted === undefined) return [];
    const found = toHex(report[name]);
    const fits = found === toHex(wanted);
    return [check(name, fits, fits ? found : `${found}, not ${toHex(wanted)}`)];
  });
}

function tcbChecks(
  report: AttestationReport,
  minTcb: Partial<TcbVersion> | undefined,
): readonly ReportCheck[] {
  if (minTcb === undefined) return [];
  const below = tcbDifferences(reportedTcb(report), minTcb, (found, least) => found >= least);
  return [check('minTcb', below.length === 0, below.join('; ') || 'REPORTED_TCB is not below')];
}

function reportedTcb({ reportedTcb: bytes, cpuid }: AttestationReport): TcbVersion {
  return readTcbVersion(bytes, tcbLayoutOf(cpuid?.family));
}

/** AMD's name of the key that signed. */
export function signingKeyName(signingKey: number): string {
  if (signingKey === SIGNING_KEY.vcek) return 'VCEK';
  if (signingKey === SIGNING_KEY.vlek) return 'VLEK';
  return signingKey === SIGNING_KEY.none ? 'none' : `reserved ${signingKey}`;
}

function check(name: string, ok: boolean, detail: string): ReportCheck {
  return { name, ok, detail };
}
