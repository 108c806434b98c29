import { constants, type KeyObject, verify } from 'node:crypto';
import { ALL_BANKS, BANKS, type Bank } from '../measure/bank.ts';
import { algorithmName, hashOf, TPM_ALG } from './algorithm.ts';
import type { AttestationKey } from './attestation-key.ts';
import { ELLIPTIC_CURVES, ofSize } from './elliptic-curve.ts';
import type { TpmSignature } from './signature.ts';

/** What became of a signature. */
export type SignatureVerdict = {
  readonly ok: boolean;
  readonly detail: string;
  /** Hash algorithm of the scheme, which is that of the PCR digest too; absent where it is not known. */
  readonly hash: Bank | undefined;
};

/**
 * Verifies a TPM's signature: RSASSA, RSAPSS, and ECDSA on P-256, P-384 and P-521 (TPM 2.0 Library, Part 1,
 * annexes B.6, B.7 and C.4), with SHA-1, SHA-256, SHA-384 or SHA-512.
 *
 * @param signed what was signed
 * @param hint the hash algorithm that a bare signature is first tried with
 */
export function verifySignature(
  { key }: AttestationKey,
  signature: TpmSignature,
  signed: Uint8Array,
  hint: Bank,
): SignatureVerdict {
  if (typeof key === 'string') return refused(`by the AK: ${key}`, hashOfSignature(signature));
  if (signature.kind === 'other') {
    const name = algorithmName(signature.scheme);
    return refused(`algorithm ${name} is no signature of an asymmetric key`, undefined);
  }
  if (signature.kind === 'bare') return verifyBare(key, signature.signature, signed, hint);
  const hash = hashOf(signature.hash);
  if (hash === undefined) {
    return refused(`hash algorithm ${algorithmName(signature.hash)} is not verified here`, hash);
  }
  if (signature.kind === 'ecc') return verifyEcc(key, signature, hash, signed);
  const holds = verifyRsa(key, signature.scheme, hash, signature.signature, signed);
  return verdict(holds, nameOf(signature.scheme, hash), hash);
}

function hashOfSignature(signature: TpmSignature): Bank | undefined {
  return 'hash' in signature ? hashOf(signature.hash) : undefined;
}

/** It says neither scheme nor hash: each of the key's is tried. */
function verifyBare(
  key: KeyObject,
  signature: Uint8Array,
  signed: Uint8Array,
  hint: Bank,
): SignatureVerdict {
  const schemes =
    key.asymmetricKeyType === 'rsa' ? [TPM_ALG.rsassa, TPM_ALG.rsapss] : [TPM_ALG.ecdsa];
  for (const hash of [hint, ...ALL_BANKS.filter((bank) => bank !== hint)]) {
    for (const scheme of schemes) {
      const problem =
        scheme === TPM_ALG.ecdsa
          ? verified(() => verify(hash, signed, key, signature))
          : verifyRsa(key, scheme, hash, signature, signed);
      if (problem === undefined) return verdict(problem, nameOf(scheme, hash), hash);
    }
  }
  return verdict(WRONG, `${schemes.map(algorithmName).join(' or ')} with any hash`, hint);
}

function nameOf(scheme: number, hash: Bank): string {
  return `${algorithmName(scheme)} with ${hash}`;
}

const WRONG = 'the signature is not of these bytes by this key';

/** @returns what is wrong; `undefined` where the signature holds */
function verifyRsa(
  key: KeyObject,
  scheme: number,
  hash: Bank,
  signature: Uint8Array,
  signed: Uint8Array,
): string | undefined {
  if (key.asymmetricKeyType !== 'rsa') return 'the AK is no RSA key';
  const isPss = scheme === TPM_ALG.rsapss;
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const salt = isPss ? { saltLength: constants.RSA_PSS_SALTLEN_AUTO } : {};
  return verified(() => verify(hash, signed, { key, padding, ...salt }, signature));
}

function verifyEcc(
  key: KeyObject,
  { scheme, r, s }: Extract<TpmSignature, { kind: 'ecc' }>,
  hash: Bank,
  signed: Uint8Array,
): SignatureVerdict {
  const name = algorithmName(scheme);
  if (scheme !== TPM_ALG.ecdsa) return refused(`${name} is not verified here`, hash);
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const curve = ELLIPTIC_CURVES.find(({ openssl }) => openssl === namedCurve);
  if (curve === undefined) return refused('the AK is no key on P-256, P-384 or P-521', hash);
  const parts = [ofSize(r, curve.bytes), ofSize(s, curve.bytes)];
  if (!parts.every((part) => part !== undefined)) {
    return refused(`R or S is larger than ${curve.jwk}`, hash);
  }
  const signature = Buffer.concat(parts);
  const holds = verified(() => verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature));
  return verdict(holds, `${name} on ${curve.jwk} with ${hash}`, hash);
}

/** OpenSSL throws at keys that it will not calculate with. */
function verified(check: () => boolean): string | undefined {
  try {
    return check() ? undefined : WRONG;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function verdict(problem: string | undefined, what: string, hash: Bank): SignatureVerdict {
  return {
    ok: problem === undefined,
    detail: problem === undefined ? what : `${what}: ${problem}`,
    hash,
  };
}

function refused(detail: string, hash: Bank | undefined): SignatureVerdict {
  return { ok: false, detail, hash };
}

/** The hash algorithm with digests of a size: a quote's digest is of the scheme's. */
export function hashOfSize(bytes: number): Bank {
  return ALL_BANKS.find((bank) => BANKS[bank].digestBytes === bytes) ?? 'sha256';
}
