import type { KeyObject } from 'node:crypto';
import { sized, u16, u32 } from './marshal.ts';

/** TPM_ALG_ID (TCG Algorithm Registry 1.34). */
const ALG = { rsa: 0x0001, sha256: 0x000b, null: 0x0010, ecc: 0x0023 } as const;

/** TPMA_OBJECT (Part 2, 8.3): userWithAuth, decrypt and sign. */
const ATTRIBUTES = 0x0006_0040;

/** TPM_ECC_CURVE and size of a coordinate by OpenSSL's name of the curve. */
const CURVES: Readonly<Record<string, { readonly id: number; readonly bytes: number }>> = {
  prime256v1: { id: 0x0003, bytes: 32 },
  secp384r1: { id: 0x0004, bytes: 48 },
  secp521r1: { id: 0x0005, bytes: 66 },
};

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
    Buffer.concat([u16(type), u16(ALG.sha256), u32(ATTRIBUTES), sized(new Uint8Array())]);
  const none = u16(ALG.null);
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'RSA') {
    const modulus = decoded(jwk.n);
    const exponent = u32(Number.parseInt(Buffer.from(decoded(jwk.e)).toString('hex'), 16));
    const bits = u16(modulus.length * 8);
    return Buffer.concat([head(ALG.rsa), none, none, bits, exponent, sized(modulus)]);
  }
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (curve === undefined) throw new TypeError('a key that is neither RSA nor on a curve of a TPM');
  const point = [jwk.x, jwk.y].map((coordinate) => sized(decoded(coordinate)));
  return Buffer.concat([head(ALG.ecc), none, none, u16(curve.id), none, ...point]);
}

function decoded(base64url: string | undefined): Uint8Array {
  return Buffer.from(base64url ?? '', 'base64url');
}
