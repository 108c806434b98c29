import { X509Certificate } from 'node:crypto';
import { Cursor } from '../../bytes/cursor.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { verifiesAuthenticode } from '../../formats/authenticode-verify.ts';
import { readCertificateTable } from '../../formats/certificate-table.ts';
import { type AuthenticodeSignature, readAuthenticodeSignature } from '../../formats/cms.ts';
import { type EfiVariable, findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { PeImage } from '../../formats/pe.ts';
import type { Shim } from '../../formats/shim.ts';
import { readSignatureLists, type SignatureList } from '../../formats/signature-list.ts';
import type { Digests } from '../../measure/bank.ts';
import type { Verdict } from '../firmware/image-verification.ts';
import type { ImageAuthority } from '../firmware/secure-boot.ts';
import type { MokLists } from './shim-state.ts';
import { isShimStateSet, SHIM_LOCK_GUID, shimStateOf } from './shim-variables.ts';

/** WIN_CERT_TYPE_PKCS_SIGNED_DATA: shim looks at no other. */
const PKCS_SIGNED_DATA = 2;
/** Extended key usage of keys for kernel modules alone. */
const MODULE_SIGNING = '1.3.6.1.4.1.2312.16.1.2';

/** A list of signatures under the name by which shim measures it. */
type ShimDatabase = {
  readonly variable: ImageAuthority['variable'];
  readonly lists: readonly SignatureList[];
  /** Whether SHA-1 digests of images count. */
  readonly withSha1: boolean;
};

/** What shim judges images by, each in the order in which it looks. */
export type ShimDatabases = {
  readonly denied: readonly ShimDatabase[];
  readonly allowed: readonly ShimDatabase[];
  /** The certificate that it was built with, its last resort; absent where there is none. */
  readonly vendorCertificate: Uint8Array | undefined;
};

/** An image whose digests are those of `sha1` and `sha256` at least. */
type JudgedImage = {
  readonly digests: Digests;
  readonly signatures: readonly AuthenticodeSignature[];
};

/**
 * Reads what shim judges images by.
 *
 * @param shim what it was built with
 * @param variables the variables that the boot sees
 * @param mok the completed lists of machine owner keys
 * @throws FormatError where a list is damaged
 * @see shim 16.1, verify.c (check_denylist, check_allowlist)
 */
export function shimDatabases(
  shim: Shim,
  variables: readonly EfiVariable[],
  mok: MokLists,
): ShimDatabases {
  const { imageSecurity: security } = VARIABLE_GUIDS;
  const firmware = (name: string) =>
    findVariable(variables, { guid: security, name })?.data ?? new Uint8Array();
  const database = (guid: string, name: string, data: Uint8Array, withSha1: boolean) => ({
    variable: { guid, name },
    lists: readSignatureLists(new Cursor(name, data)),
    withSha1,
  });
  const isCertificate = shim.vendorAuthorized[0] === 0x30;
  const isDbIgnored = isShimStateSet(variables, 'MokDBState');
  const vendorLists = isCertificate ? new Uint8Array() : shim.vendorAuthorized;
  const forbidden = shimStateOf(variables, 'MokListX') ?? new Uint8Array();
  return {
    denied: [
      database(security, 'dbx', shim.vendorDeauthorized, true),
      database(security, 'dbx', firmware('dbx'), true),
      database(SHIM_LOCK_GUID, 'MokListX', forbidden, false),
    ],
    allowed: [
      ...(isDbIgnored ? [] : [database(security, 'db', firmware('db'), true)]),
      database(security, 'vendor_db', vendorLists, false),
      database(SHIM_LOCK_GUID, 'MokListRT', mok.allowed, false),
    ],
    vendorCertificate: isCertificate ? shim.vendorAuthorized : undefined,
  };
}

/**
 * Reads the signatures of an image that shim looks at.
 *
 * @throws FormatError where the certificate table or a signature in it is damaged: shim would not
 *   run such an image
 */
export function signaturesForShim(
  source: ByteSource,
  pe: PeImage,
): readonly AuthenticodeSignature[] {
  return readCertificateTable(source, pe)
    .filter(({ type }) => type === PKCS_SIGNED_DATA)
    .flatMap(({ signedData }) => signedData ?? [])
    .map((range) => readAuthenticodeSignature(source, range));
}

/**
 * Judges an image as shim does when Secure Boot is on; SBAT is not looked at here.
 *
 * @param image its digests and signatures
 * @param databases what shim judges by
 * @returns with what shim measures: every signature counts, and one that is forbidden is measured too
 * @see shim 16.1, verify.c (verify_buffer_authenticode)
 */
export function verifyByShim(image: JudgedImage, databases: ShimDatabases): Verdict {
  const denied = findByDigest(image, databases.denied);
  if (denied) return refused(`its digest is in ${denied.variable.name}`);
  const byDigest = findByDigest(image, databases.allowed);
  if (byDigest) return { allowed: true, authorities: [byDigest] };
  if (image.signatures.length === 0) return refused('it is not signed, and nothing has its digest');
  const verdicts = image.signatures.map((signature) => judge(signature, image, databases));
  if (verdicts.some(({ isAllowed }) => isAllowed)) {
    return { allowed: true, authorities: verdicts.flatMap(({ authority }) => authority ?? []) };
  }
  const [forbidding] = verdicts.flatMap(({ authority }) => authority ?? []);
  return refused(
    forbidding
      ? `a certificate that signs it is in ${forbidding.variable.name}`
      : 'neither db nor a key of the vendor or the machine owner allows it',
  );
}

function judge(
  signature: AuthenticodeSignature,
  { digests }: JudgedImage,
  { denied, allowed, vendorCertificate }: ShimDatabases,
): { readonly isAllowed: boolean; readonly authority: ImageAuthority | undefined } {
  const forbidding = findByCertificate(signature, digests, denied);
  if (forbidding) return { isAllowed: false, authority: forbidding };
  const found = findByCertificate(signature, digests, allowed);
  if (found) return { isAllowed: true, authority: found };
  if (vendorCertificate && verifies(signature, digests, vendorCertificate)) {
    const variable = { guid: SHIM_LOCK_GUID, name: 'Shim' };
    return { isAllowed: true, authority: { variable, signature: vendorCertificate } };
  }
  return { isAllowed: false, authority: undefined };
}

function findByDigest(
  { digests }: JudgedImage,
  databases: readonly ShimDatabase[],
): ImageAuthority | undefined {
  for (const { variable, lists, withSha1 } of databases) {
    for (const hash of withSha1 ? (['sha256', 'sha1'] as const) : (['sha256'] as const)) {
      const wanted = Buffer.from(digests[hash] ?? '', 'hex');
      const entry = lists
        .filter(({ type }) => type === hash)
        .flatMap(({ signatures }) => signatures)
        .find(({ data }) => wanted.equals(data));
      if (entry) return { variable, signature: entry.bytes };
    }
  }
  return undefined;
}

/** Of each list of certificates only the first counts. */
function findByCertificate(
  signature: AuthenticodeSignature,
  digests: Digests,
  databases: readonly ShimDatabase[],
): ImageAuthority | undefined {
  for (const { variable, lists } of databases) {
    const entry = lists
      .filter(({ type }) => type === 'x509')
      .flatMap(({ signatures }) => signatures.slice(0, 1))
      .find(({ data }) => isForImages(data) && verifies(signature, digests, data));
    if (entry) return { variable, signature: entry.bytes };
  }
  return undefined;
}

/** shim takes SHA-256 signatures alone. */
function verifies(signature: AuthenticodeSignature, digests: Digests, certificate: Uint8Array) {
  return signature.hash === 'sha256' && verifiesAuthenticode(signature, digests, certificate);
}

/** A certificate with a length of two bytes that is not for kernel modules alone. */
function isForImages(der: Uint8Array): boolean {
  const length = ((der[2] ?? 0) << 8) | (der[3] ?? 0);
  if (der[0] !== 0x30 || der[1] !== 0x82 || length !== der.length - 4) return false;
  try {
    return !(new X509Certificate(der).keyUsage ?? []).includes(MODULE_SIGNING);
  } catch {
    // What OpenSSL cannot read verifies nothing afterwards.
    return true;
  }
}

function refused(reason: string): Verdict {
  return { allowed: false, reason };
}
