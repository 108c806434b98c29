import { type KeyObject, verify } from 'node:crypto';
import type { AttestationReport } from './attestation-report.ts';

/** ECDSA P-384 with SHA-384, the only algorithm (AMD 56860, chapter 10). */
const ECDSA_P384_SHA384 = 1;

/** Bytes of a number of the curve. */
const SCALAR_BYTES = 48;

/**
 * Verifies a report's signature. Of the two values of S that ECDSA accepts, both are: the secure
 * processor makes either.
 *
 * @param key public key of the VCEK or VLEK
 * @returns what is wrong; absent where the signature holds
 */
export function signatureProblem(report: AttestationReport, key: KeyObject): string | undefined {
  if (report.signatureAlgo !== ECDSA_P384_SHA384) {
    return `SIGNATURE_ALGO is ${report.signatureAlgo}, not ${ECDSA_P384_SHA384}`;
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'secp384r1') return 'the key is not on P-384';
  const r = bigEndian(report.r);
  const s = bigEndian(report.s);
  if (r === undefined || s === undefined) return 'R or S is larger than the order of P-384';
  const signature = Buffer.concat([r, s]);
  const holds = verify('sha384', report.signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  return holds ? undefined : 'the signature is not of this report by this key';
}

function bigEndian(number: Uint8Array): Uint8Array | undefined {
  if (number.subarray(SCALAR_BYTES).some((byte) => byte !== 0)) return undefined;
  return number.subarray(0, SCALAR_BYTES).toReversed();
}
