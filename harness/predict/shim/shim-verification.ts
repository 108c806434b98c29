import { X509Certificate } from 'node:crypto';
import { Cursor } from '../../bytes/cursor.ts';
import type { AuthenticodeSignature } from '../../formats/authenticode-signature.ts';
import { verifiesAuthenticode } from '../../formats/authenticode-verify.ts';
import { SHIM_RULES } from '../../formats/certificate-chain.ts';
import { type EfiVariable, findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { readSignatureLists, type SignatureList } from '../../formats/signature-list.ts';
import type { Digests } from '../../measure/bank.ts';
import type { ImageSignature, ImageSignatures } from '../firmware/image-signatures.ts';
import type { ImageAuthority } from '../firmware/secure-boot.ts';
import { type Refusal, refused, type Verdict } from '../verdict.ts';
import { whyNothingAllows } from '../why-nothing-allows.ts';
import type { MokLists } from './shim-state.ts';
import { isShimStateSet, SHIM_LOCK_GUID, shimStateOf } from './shim-variables.ts';
import type { VendorKeys } from './vendor-keys.ts';

/** Extended key usage of keys for kernel modules alone. */
const MODULE_SIGNING = '1.3.6.1.4.1.2312.16.1.2';

const NOTHING_ALLOWS = 'neither db nor a key of the vendor or the machine owner allows it';

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
type JudgedImage = ImageSignatures & { readonly digests: Digests };

/**
 * Reads what shim judges images by.
 *
 * @param shim the keys that it was built with
 * @param variables the variables that the boot sees
 * @param mok the completed lists of machine owner keys
 * @throws FormatError where a list is damaged
 * @see shim 16.1, verify.c (check_denylist, check_allowlist)
 */
export function shimDatabases(
  shim: VendorKeys,
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
 * Judges an image as shim does when Secure Boot is on; SBAT is not looked at here.
 *
 * @param image its digests and signatures
 * @param databases what shim judges by
 * @returns with what shim measures: every signature counts, and one that is forbidden is measured too
 * @see shim 16.1, verify.c (verify_buffer_authenticode)
 */
export function verifyByShim(image: JudgedImage, databases: ShimDatabases): Verdict {
  const denied = findByDigest(image, databases.denied);
  if (denied) return refused('hash-in-dbx', `its digest is in ${denied.variable.name}`, [denied]);
  const byDigest = findByDigest(image, databases.allowed);
  if (byDigest) return { allowed: true, authorities: [byDigest] };
  const { signatures, tableProblem } = image;
  if (!image.isSigned) return refused('not-signed', 'it is not signed, and nothing has its digest');
  const verdicts = signatures.map((signature) => judge(signature, image, databases));
  const authorities = verdicts.flatMap(({ authority }) => authority ?? []);
  if (tableProblem !== undefined) return refused('certificate-table', tableProblem, authorities);
  if (verdicts.some(({ isAllowed }) => isAllowed)) return { allowed: true, authorities };
  return refused(...whyRefused(image, authorities[0]), authorities);
}

function whyRefused(
  { signatures, digests }: JudgedImage,
  forbidding: ImageAuthority | undefined,
): Refusal {
  if (forbidding) {
    return ['certificate-in-dbx', `a certificate that signs it is in ${forbidding.variable.name}`];
  }
  if (signatures.length === 0) return ['unknown-digest', 'it has no signature that shim looks at'];
  return whyNothingAllows(signatures, digests, SHIM_RULES, NOTHING_ALLOWS);
}

function judge(
  { content }: ImageSignature,
  { digests }: JudgedImage,
  { denied, allowed, vendorCertificate }: ShimDatabases,
): { readonly isAllowed: boolean; readonly authority: ImageAuthority | undefined } {
  if (content === undefined) return { isAllowed: false, authority: undefined };
  const forbidding = findByCertificate(content, digests, denied);
  if (forbidding) return { isAllowed: false, authority: forbidding };
  const found = findByCertificate(content, digests, allowed);
  if (found) return { isAllowed: true, authority: found };
  if (vendorCertificate && verifies(content, digests, vendorCertificate)) {
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

/** shim holds every signature against the SHA-256 digest of the image. */
function verifies(signature: AuthenticodeSignature, digests: Digests, certificate: Uint8Array) {
  return verifiesAuthenticode({ ...signature, hash: 'sha256' }, digests, certificate, SHIM_RULES);
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
