import { createHash } from 'node:crypto';
import { Cursor } from '../../bytes/cursor.ts';
import { toHex } from '../../bytes/hex.ts';
import { type ChainRules, EDK2_RULES } from '../../formats/certificate-chain.ts';
import type { KeyKind } from '../../formats/certificate-link.ts';
import { DerCursor, readElement } from '../../formats/der.ts';
import { findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';
import type { HashName } from '../../formats/hash-name.ts';
import type { OvmfBuild } from '../../formats/ovmf-build.ts';
import {
  readSignatureLists,
  type Signature,
  type SignatureType,
} from '../../formats/signature-list.ts';

/** Bytes of the EFI_TIME that follows a certificate's hash: from when on it is revoked. */
const TIME_BYTES = 16;

/** Hashes by which a certificate can be revoked. */
const CERTIFICATE_HASHES = [
  { type: 'x509-sha256', hash: 'sha256' },
  { type: 'x509-sha384', hash: 'sha384' },
  { type: 'x509-sha512', hash: 'sha512' },
] as const satisfies readonly { readonly type: SignatureType; readonly hash: HashName }[];

/** One entry of a signature database. */
export type DatabaseEntry = Signature & { readonly type: SignatureType };

/** The databases by which Secure Boot judges an image, each in the order of its variable. */
export type SignatureDatabases = {
  readonly db: readonly DatabaseEntry[];
  readonly dbx: readonly DatabaseEntry[];
  /** Whether there is a dbx, be it without entries. */
  readonly hasDbx: boolean;
  /** Whether dbt has a certificate by which a time stamp could be trusted. */
  readonly trustsTimeStamps: boolean;
  /** How the firmware verifies what leads to a certificate. */
  readonly rules: ChainRules;
};

/**
 * Reads db and dbx.
 *
 * @param store the variables that the boot sees
 * @param build what the firmware can verify besides RSA signatures; nothing where it is left out
 * @throws FormatError where a database is no list of signatures
 */
export function readSignatureDatabases(
  { variables }: Pick<VariableStore, 'variables'>,
  { verifiesEcdsa }: Pick<OvmfBuild, 'verifiesEcdsa'> = { verifiesEcdsa: false },
): SignatureDatabases {
  const find = (name: string) =>
    findVariable(variables, { guid: VARIABLE_GUIDS.imageSecurity, name });
  const read = (name: string): readonly DatabaseEntry[] => {
    const variable = find(name);
    if (variable === undefined) return [];
    return readSignatureLists(new Cursor(name, variable.data)).flatMap(({ type, signatures }) =>
      signatures.map((signature) => ({ ...signature, type })),
    );
  };
  const keys: readonly KeyKind[] = verifiesEcdsa ? ['rsa', 'ec'] : ['rsa'];
  const rules = { ...EDK2_RULES, keys };
  const trustsTimeStamps = read('dbt').some(({ type }) => type === 'x509');
  const hasDbx = find('dbx') !== undefined;
  return { db: read('db'), dbx: read('dbx'), hasDbx, trustsTimeStamps, rules };
}

/**
 * Finds the entry that holds a digest of an image.
 *
 * @param database its entries
 * @param hash the algorithm of the digest
 * @param digest the Authenticode digest, lower-case hex
 */
export function findDigest(
  database: readonly DatabaseEntry[],
  hash: HashName,
  digest: string | undefined,
): DatabaseEntry | undefined {
  return database.find(({ type, data }) => type === hash && toHex(data) === digest);
}

/**
 * Whether the hash of a certificate is in dbx, and from when on it is revoked. The first entry counts.
 *
 * @param dbx its entries
 * @param certificate the certificate in DER
 * @throws FormatError where the certificate is none
 * @returns `always`, `from-a-date`, or `undefined` where it is not revoked
 * @see edk2, DxeImageVerificationLib.c (IsCertHashFoundInDbx, IsTimeZero)
 */
export function revocationOf(
  dbx: readonly DatabaseEntry[],
  certificate: Uint8Array,
): 'always' | 'from-a-date' | undefined {
  const used = CERTIFICATE_HASHES.filter(({ type }) => dbx.some((entry) => entry.type === type));
  const digests = new Map<SignatureType, string>(
    used.map(({ type, hash }) => {
      return [type, createHash(hash).update(toBeSigned(certificate)).digest('hex')];
    }),
  );
  const entry = dbx.find(
    ({ type, data }) => digests.get(type) === toHex(data.subarray(0, -TIME_BYTES)),
  );
  if (entry === undefined) return undefined;
  return entry.data.subarray(-TIME_BYTES).every((byte) => byte === 0) ? 'always' : 'from-a-date';
}

/**
 * TBSCertificate, the first part of a certificate (RFC 5280, 4.1): what dbx holds hashes of.
 *
 * @throws FormatError where the certificate is none
 */
export function toBeSigned(certificate: Uint8Array): Uint8Array {
  const cursor = new DerCursor('certificate', certificate, 0);
  const whole = readElement(cursor, 'X.509 certificate');
  return readElement(cursor.inside(whole), 'TBSCertificate').bytes;
}
