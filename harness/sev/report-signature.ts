import type { KeyObject } from 'node:crypto';
import type { AttestationReport } from './attestation-report.ts';
import { ECDSA_P384_SHA384, ecdsaProblem } from './ecdsa-p384.ts';

/**
 * Verifies a report's signature.
 *
 * @param key public key of the VCEK or VLEK
 * @returns what is wrong; absent where the signature holds
 */
export function signatureProblem(report: AttestationReport, key: KeyObject): string | undefined {
  if (report.signatureAlgo !== ECDSA_P384_SHA384) {
    return `SIGNATURE_ALGO is ${report.signatureAlgo}, not ${ECDSA_P384_SHA384}`;
  }
  return ecdsaProblem(report.signed, report, key);
}
