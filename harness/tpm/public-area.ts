import type { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { algorithmName, TPM_ALG } from './algorithm.ts';
import { expectEnd, openStructure, takeSized, withoutSize } from './unmarshal.ts';

/** Bits of TPMA_OBJECT (TPM 2.0 Library, Part 2, 8.3). */
export const TPMA_OBJECT = {
  fixedTPM: 1 << 1,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const;

/** An algorithm with the hash algorithm that goes with it: TPMT_ASYM_SCHEME, TPMT_KDF_SCHEME. */
export type Scheme = {
  /** TPM_ALG_ID; TPM_ALG_NULL where the object leaves it open. */
  readonly algorithm: number;
  /** TPM_ALG_ID; absent where the algorithm has none. */
  readonly hash: number | undefined;
};

/** TPMT_SYM_DEF_OBJECT (Part 2, 11.1.7). */
export type SymmetricDefinition = {
  /** TPM_ALG_ID; TPM_ALG_NULL for what protects no other object. */
  readonly algorithm: number;
  readonly keyBits: number | undefined;
  readonly mode: number | undefined;
};

/** The public part of an object: TPMT_PUBLIC (Part 2, 12.2.4). */
export type PublicArea = {
  /** The TPMT_PUBLIC as it stands in the file: what the name is a digest of. */
  readonly bytes: Uint8Array;
  /** TPM_ALG_ID. */
  readonly nameAlg: number;
  /** Bits of {@link TPMA_OBJECT}. */
  readonly attributes: number;
  readonly authPolicy: Uint8Array;
  readonly key: PublicKeyPart;
};

/** What makes the key: TPMU_PUBLIC_PARMS with TPMU_PUBLIC_ID. */
export type PublicKeyPart =
  | {
      readonly kind: 'rsa';
      readonly symmetric: SymmetricDefinition;
      readonly scheme: Scheme;
      readonly keyBits: number;
      /** 65537 where the structure has zero. */
      readonly exponent: number;
      readonly modulus: Uint8Array;
    }
  | {
      readonly kind: 'ecc';
      readonly symmetric: SymmetricDefinition;
      readonly scheme: Scheme;
      /** TPM_ECC_CURVE. */
      readonly curve: number;
      readonly x: Uint8Array;
      readonly y: Uint8Array;
    }
  /** TPM_ALG_KEYEDHASH and TPM_ALG_SYMCIPHER: no public key. */
  | { readonly kind: 'secret'; readonly type: number; readonly unique: Uint8Array };

/** What stands for {@link DEFAULT_EXPONENT} in the structure. */
const NO_EXPONENT = 0;
const DEFAULT_EXPONENT = 65_537;

/**
 * Reads a TPMT_PUBLIC, integers big-endian; a TPM2B_PUBLIC too.
 *
 * @throws FormatError where the bytes are no such structure, its type is none of Part 2, 12.2.2, or
 *   something stands behind it
 */
export function readPublicArea(source: ByteSource): PublicArea {
  const file = openStructure(source, 'TPMT_PUBLIC');
  const cursor = withoutSize(file, !isSizedPublicArea(source), 'TPMT_PUBLIC');
  const start = cursor.offset;
  const type = cursor.u16('type of TPMT_PUBLIC');
  const read = KEY_READERS[type];
  if (read === undefined) {
    throw cursor.errorAt(
      start,
      'an object of type RSA, ECC, KEYEDHASH or SYMCIPHER',
      algorithmName(type),
    );
  }
  const area = {
    nameAlg: cursor.u16('nameAlg'),
    attributes: cursor.u32('objectAttributes'),
    authPolicy: takeSized(cursor, 'authPolicy'),
    key: read(cursor),
  };
  expectEnd(cursor, 'TPMT_PUBLIC');
  return { ...area, bytes: source.read(start, source.size - start) };
}

/** Whether a file begins like a TPM2B_PUBLIC: its size, then the type of an object. */
function isSizedPublicArea(source: ByteSource): boolean {
  const head = Buffer.from(source.read(0, Math.min(source.size, 4)));
  if (head.length < 4 || head.readUInt16BE(0) !== source.size - 2) return false;
  return KEY_READERS[head.readUInt16BE(2)] !== undefined;
}

const KEY_READERS: Readonly<Record<number, (cursor: Cursor) => PublicKeyPart>> = {
  [TPM_ALG.rsa]: readRsa,
  [TPM_ALG.ecc]: readEcc,
  [TPM_ALG.keyedHash]: readKeyedHash,
  [TPM_ALG.symCipher]: readSymCipher,
};

/** TPMS_RSA_PARMS (Part 2, 12.2.3.5). */
function readRsa(cursor: Cursor): PublicKeyPart {
  const symmetric = readSymmetric(cursor);
  const scheme = readScheme(cursor);
  const keyBits = cursor.u16('keyBits');
  const exponent = cursor.u32('exponent');
  return {
    kind: 'rsa',
    symmetric,
    scheme,
    keyBits,
    exponent: exponent === NO_EXPONENT ? DEFAULT_EXPONENT : exponent,
    modulus: takeSized(cursor, 'modulus'),
  };
}

/** TPMS_ECC_PARMS (Part 2, 12.2.3.6). */
function readEcc(cursor: Cursor): PublicKeyPart {
  const symmetric = readSymmetric(cursor);
  const scheme = readScheme(cursor);
  const curve = cursor.u16('curveID');
  readScheme(cursor); // the scheme of key derivation, which is of no use to a signing key
  const x = takeSized(cursor, 'x');
  return { kind: 'ecc', symmetric, scheme, curve, x, y: takeSized(cursor, 'y') };
}

/** TPMS_KEYEDHASH_PARMS (Part 2, 12.2.3.3). */
function readKeyedHash(cursor: Cursor): PublicKeyPart {
  const { algorithm } = readScheme(cursor);
  if (algorithm === TPM_ALG.xor) cursor.u16('kdf');
  return { kind: 'secret', type: TPM_ALG.keyedHash, unique: takeSized(cursor, 'unique') };
}

/** TPMS_SYMCIPHER_PARMS (Part 2, 11.1.9). */
function readSymCipher(cursor: Cursor): PublicKeyPart {
  readSymmetric(cursor);
  return { kind: 'secret', type: TPM_ALG.symCipher, unique: takeSized(cursor, 'unique') };
}

function readSymmetric(cursor: Cursor): SymmetricDefinition {
  const algorithm = cursor.u16('symmetric algorithm');
  if (algorithm === TPM_ALG.null) return { algorithm, keyBits: undefined, mode: undefined };
  return {
    algorithm,
    keyBits: cursor.u16('symmetric keyBits'),
    mode: cursor.u16('symmetric mode'),
  };
}

/** Schemes without a hash algorithm: TPMS_EMPTY (Part 2, 11.2.3.4). */
const WITHOUT_HASH: readonly number[] = [TPM_ALG.null, TPM_ALG.rsaes];

function readScheme(cursor: Cursor): Scheme {
  const algorithm = cursor.u16('scheme');
  if (WITHOUT_HASH.includes(algorithm)) return { algorithm, hash: undefined };
  const hash = cursor.u16('hash of the scheme');
  if (algorithm === TPM_ALG.ecdaa) cursor.u16('count of the scheme');
  return { algorithm, hash };
}
