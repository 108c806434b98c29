import type { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { algorithmName, TPM_ALG } from './algorithm.ts';
import { expectEnd, openStructure, takeSized, withoutSize } from './unmarshal.ts';

/** A signature of a TPM: TPMT_SIGNATURE (TPM 2.0 Library, Part 2, 11.3.4), or one without its head. */
export type TpmSignature =
  | {
      readonly kind: 'rsa';
      /** TPM_ALG_RSASSA or TPM_ALG_RSAPSS. */
      readonly scheme: number;
      /** TPM_ALG_ID of the hash algorithm. */
      readonly hash: number;
      readonly signature: Uint8Array;
    }
  | {
      readonly kind: 'ecc';
      /** TPM_ALG_ECDSA, or a scheme that is not verified here. */
      readonly scheme: number;
      readonly hash: number;
      /** Big-endian, of any length. */
      readonly r: Uint8Array;
      readonly s: Uint8Array;
    }
  /** A bare signature says neither scheme nor hash algorithm: RSA's number, or ECDSA's in DER. */
  | { readonly kind: 'bare'; readonly signature: Uint8Array }
  /** No signature by an asymmetric key that the specification knows. */
  | { readonly kind: 'other'; readonly scheme: number };

/**
 * Reads a TPMT_SIGNATURE, integers big-endian; with a TPM2B's size in front too, and a bare signature as
 * `tpm2_quote -f plain` writes it: RSA's number, or ECDSA's two in DER (RFC 3279, 2.2.3).
 *
 * @param modulusBytes size of the key's modulus: a file of this size is a bare signature; `undefined` where
 *   the key is no RSA key
 * @throws FormatError where it ends too early, or something stands behind it
 */
export function readSignature(source: ByteSource, modulusBytes: number | undefined): TpmSignature {
  const file = openStructure(source, 'TPMT_SIGNATURE');
  if (source.size === modulusBytes || (modulusBytes === undefined && isDer(source))) {
    return { kind: 'bare', signature: file.take(source.size, 'signature') };
  }
  const cursor = withoutSize(file, !isSized(source), 'TPMT_SIGNATURE');
  const start = cursor.offset;
  const scheme = cursor.u16('sigAlg');
  const read = READERS[scheme];
  if (read === undefined) {
    if (KNOWN_OTHERS.includes(scheme)) return { kind: 'other', scheme };
    // By a key of another size: that it is not this one's is for the verifier to say.
    if (RSA_BYTES.includes(source.size)) {
      return { kind: 'bare', signature: source.read(0, source.size) };
    }
    const found = `${algorithmName(scheme)}, ${source.size} bytes`;
    throw cursor.errorAt(start, 'a signature algorithm, or a bare signature of the key', found);
  }
  const signature = read(scheme, cursor);
  expectEnd(cursor, 'TPMT_SIGNATURE');
  return signature;
}

/** Sizes of bare RSA signatures: keys of 1024 to 4096 bits. */
const RSA_BYTES: readonly number[] = [128, 256, 384, 512];

/** TPM_ALG_NULL is none, TPM_ALG_HMAC is one with a secret that a verifier has not. */
const KNOWN_OTHERS: readonly number[] = [TPM_ALG.null, TPM_ALG.hmac];

const READERS: Readonly<Record<number, (scheme: number, cursor: Cursor) => TpmSignature>> = {
  [TPM_ALG.rsassa]: readRsa,
  [TPM_ALG.rsapss]: readRsa,
  [TPM_ALG.ecdsa]: readEcc,
  [TPM_ALG.ecdaa]: readEcc,
  [TPM_ALG.sm2]: readEcc,
  [TPM_ALG.ecschnorr]: readEcc,
};

/** A size is even larger than an algorithm's number, but the algorithm stands behind it. */
function isSized(source: ByteSource): boolean {
  const head = Buffer.from(source.read(0, Math.min(source.size, 2)));
  return head.length === 2 && head.readUInt16BE() === source.size - 2;
}

/** SEQUENCE, with which no TPMT_SIGNATURE begins. */
function isDer(source: ByteSource): boolean {
  return source.size > 0 && source.read(0, 1)[0] === 0x30;
}

function readRsa(scheme: number, cursor: Cursor): TpmSignature {
  const hash = cursor.u16('hash of the signature');
  return { kind: 'rsa', scheme, hash, signature: takeSized(cursor, 'RSA signature') };
}

function readEcc(scheme: number, cursor: Cursor): TpmSignature {
  const hash = cursor.u16('hash of the signature');
  const r = takeSized(cursor, 'signatureR');
  return { kind: 'ecc', scheme, hash, r, s: takeSized(cursor, 'signatureS') };
}
