import type { KeyObject } from 'node:crypto';
import { TPM_ALG } from './algorithm.ts';
import { ELLIPTIC_CURVES } from './elliptic-curve.ts';
import { sized, u16, u32 } from './marshal.ts';

/** TPMA_OBJECT (Part 2, 8.3): userWithAuth, decrypt and sign. */
const ATTRIBUTES = 0x0006_0040;

/**
 * The TPMT_PUBLIC of a key that is no TPM's, as systemd (tpm2_tpm2b_public_from_openssl_pkey) and
 * `tpm2_loadexternal` hand it to a TPM for the signature of a policy: name algorithm SHA-256, no scheme, no
 * symmetric algorithm (TPM 2.0 Library, Part 2, 12.2.4).
 *
 * @param key public key, RSA or ECC
 * @throws TypeError where it is another key, or on a curve that no TPM has
 * @public
 */
export function externalKeyArea(key: KeyObject): Uint8Array {
  const head = (type: number) =>
    Buffer.concat([u16(type), u16(TPM_ALG.sha256), u32(ATTRIBUTES), sized(new Uint8Array())]);
  const none = u16(TPM_ALG.null);
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'RSA') {
    const modulus = decoded(jwk.n);
    const exponent = u32(Number.parseInt(Buffer.from(decoded(jwk.e)).toString('hex'), 16));
    const bits = u16(modulus.length * 8);
    return Buffer.concat([head(TPM_ALG.rsa), none, none, bits, exponent, sized(modulus)]);
  }
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const curve = ELLIPTIC_CURVES.find(({ openssl }) => openssl === namedCurve);
  if (curve === undefined) throw new TypeError('a key that is neither RSA nor on a curve of a TPM');
  const point = [jwk.x, jwk.y].map((coordinate) => sized(decoded(coordinate)));
  return Buffer.concat([head(TPM_ALG.ecc), none, none, u16(curve.id), none, ...point]);
}

function decoded(base64url: string | undefined): Uint8Array {
  return Buffer.from(base64url ?? '', 'base64url');
}
