import type { ByteSource } from '../../bytes/source.ts';
import { verifiesAuthenticode } from '../../formats/authenticode-verify.ts';
import { readCertificateTable } from '../../formats/certificate-table.ts';
import { type AuthenticodeSignature, readAuthenticodeSignature } from '../../formats/cms.ts';
import { VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { HashName } from '../../formats/hash-name.ts';
import type { PeImage } from '../../formats/pe.ts';
import type { Digests } from '../../measure/bank.ts';
import type { ImageAuthority } from './secure-boot.ts';
import {
  type DatabaseEntry,
  findDigest,
  isRevoked,
  type SignatureDatabases,
} from './signature-databases.ts';

/** What edk2 hashes an unsigned image with, in its order. */
const UNSIGNED_HASHES = ['sha512', 'sha384', 'sha256'] as const satisfies readonly HashName[];

/** What Secure Boot makes of an image. */
export type Verdict =
  /** It runs; the entries of db are those that the firmware measures, in order. */
  | { readonly allowed: true; readonly authorities: readonly ImageAuthority[] }
  /** It does not, with the reason. */
  | { readonly allowed: false; readonly reason: string };

/** The signatures of an image that edk2 looks at: those over a digest that it can compute. */
export type ImageSignatures = {
  /** Whether the image has a certificate table; without one, its digest has to be in db. */
  readonly isSigned: boolean;
  readonly signatures: readonly KnownSignature[];
};

type KnownSignature = AuthenticodeSignature & { readonly hash: HashName };

/**
 * Reads the signatures of an image.
 *
 * @param source the image
 * @param pe its headers
 * @throws FormatError where the certificate table or a signature in it is damaged: the firmware
 *   would not run such an image
 */
export function readImageSignatures(source: ByteSource, pe: PeImage): ImageSignatures {
  const signatures = readCertificateTable(source, pe)
    .flatMap(({ signedData }) => signedData ?? [])
    .map((range) => readAuthenticodeSignature(source, range));
  return { isSigned: pe.certificateTable !== undefined, signatures: signatures.filter(isKnown) };
}

/** The digests of an image that {@link verifyImage} needs. */
export function hashesToVerify({ isSigned, signatures }: ImageSignatures): readonly HashName[] {
  return isSigned ? signatures.map(({ hash }) => hash) : UNSIGNED_HASHES;
}

/**
 * Judges an image as edk2 does when Secure Boot is on.
 *
 * @param image its signatures
 * @param digests its Authenticode digests, those of {@link hashesToVerify} among them
 * @param databases db and dbx
 * @see edk2, SecurityPkg/Library/DxeImageVerificationLib (DxeImageVerificationHandler)
 */
export function verifyImage(
  image: ImageSignatures,
  digests: Digests,
  databases: SignatureDatabases,
): Verdict {
  return image.isSigned
    ? verifySigned(image.signatures, digests, databases)
    : verifyUnsigned(digests, databases);
}

/** Every digest that is in db counts, and is measured. */
function verifyUnsigned(digests: Digests, { db, dbx }: SignatureDatabases): Verdict {
  if (UNSIGNED_HASHES.some((hash) => findDigest(dbx, hash, digests[hash]))) {
    return refused('its digest is in dbx');
  }
  const entries = UNSIGNED_HASHES.flatMap((hash) => findDigest(db, hash, digests[hash]) ?? []);
  if (entries.length === 0) return refused('it is not signed, and its digest is not in db');
  return { allowed: true, authorities: entries.map(asAuthority) };
}

/** One good signature suffices, and one forbidden signature is one too many. */
function verifySigned(
  signatures: readonly KnownSignature[],
  digests: Digests,
  databases: SignatureDatabases,
): Verdict {
  let authority: DatabaseEntry | undefined;
  for (const signature of signatures) {
    const { hash } = signature;
    const objection = findObjection(signature, digests, databases);
    if (objection !== undefined) return refused(objection);
    authority ??=
      findCertificate(signature, digests, databases) ??
      findDigest(databases.db, hash, digests[hash]);
  }
  if (authority === undefined) return refused('nothing in db allows it');
  return { allowed: true, authorities: [asAuthority(authority)] };
}

/** What dbx has against a signature or the image that it signs. */
function findObjection(
  signature: KnownSignature,
  digests: Digests,
  { dbx }: SignatureDatabases,
): string | undefined {
  const { hash, signers } = signature;
  if (findDigest(dbx, hash, digests[hash])) return 'its digest is in dbx';
  const forbids = ({ type, data }: DatabaseEntry) =>
    type === 'x509' && verifiesAuthenticode(signature, digests, data);
  if (dbx.some(forbids)) return 'a certificate that signs it is in dbx';
  const isSignerRevoked = signers.some(({ certificate }) => isRevoked(dbx, certificate.der));
  return isSignerRevoked
    ? 'the hash of a certificate that signs it is in dbx (time stamps are not looked at)'
    : undefined;
}

/** The first certificate of db that the signature leads to, unless it is revoked. */
function findCertificate(
  signature: KnownSignature,
  digests: Digests,
  { db, dbx }: SignatureDatabases,
): DatabaseEntry | undefined {
  const entry = db.find(
    ({ type, data }) => type === 'x509' && verifiesAuthenticode(signature, digests, data),
  );
  return entry === undefined || isRevoked(dbx, entry.data) ? undefined : entry;
}

function isKnown(signature: AuthenticodeSignature): signature is KnownSignature {
  return signature.hash !== undefined;
}

function asAuthority({ bytes }: DatabaseEntry): ImageAuthority {
  const variable = { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' };
  return { variable, signature: bytes };
}

function refused(reason: string): Verdict {
  return { allowed: false, reason };
}
