import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { toHex } from '../bytes/hex.ts';
import { bindsRuntimeData, type HclReport } from '../sev/hcl-report.ts';
import type { AttestationKey } from '../tpm/attestation-key.ts';
import type { QuoteCheck } from '../tpm/quote-verify.ts';

/** Digests that fit REPORT_DATA, zeros behind the shorter. */
const DIGESTS = ['sha512', 'sha384', 'sha256'] as const;

/** What the secure processor vouches for, and who does so for it. */
export type Voucher = {
  /** REPORT_DATA of the report, 64 bytes. */
  readonly reportData: Uint8Array;
  /** The paravisor's report that it came in. */
  readonly hcl: HclReport | undefined;
};

/**
 * Checks whether a report of the hardware vouches for the vTPM's attestation key: its REPORT_DATA is a
 * digest of the key's TPMT_PUBLIC; on Azure it is that of runtime data in which the key stands.
 */
export function akBindingCheck({ reportData, hcl }: Voucher, ak: AttestationKey): QuoteCheck {
  const problem =
    hcl === undefined ? digestProblem(reportData, ak) : runtimeDataProblem(reportData, hcl, ak);
  const detail = problem ?? 'the report vouches for the AK';
  return { name: 'akBinding', ok: problem === undefined, detail };
}

function digestProblem(reportData: Uint8Array, { area }: AttestationKey): string | undefined {
  if (area === undefined) return 'a report is for a TPMT_PUBLIC, which this form of the AK is not';
  const found = Buffer.from(reportData);
  const isBound = DIGESTS.some((hash) => {
    const digest = createHash(hash).update(area.bytes).digest();
    return found.equals(Buffer.concat([digest], found.length));
  });
  return isBound ? undefined : `REPORT_DATA ${toHex(reportData)} is no digest of the AK`;
}

function runtimeDataProblem(
  reportData: Uint8Array,
  hcl: HclReport,
  { key }: AttestationKey,
): string | undefined {
  if (!bindsRuntimeData(hcl, reportData)) {
    return `REPORT_DATA is not the ${hcl.algorithm} of the runtime data`;
  }
  const named = keyOf(hcl);
  if (named === undefined) return 'the runtime data names no AK';
  const isSame = typeof key !== 'string' && key.equals(named);
  return isSame ? undefined : 'the runtime data names another AK';
}

function keyOf({ ak }: HclReport): KeyObject | undefined {
  try {
    return ak && createPublicKey({ key: { ...ak }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
