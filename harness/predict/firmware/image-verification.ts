import { verifiesAuthenticode } from '../../formats/authenticode-verify.ts';
import { VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { HashName } from '../../formats/hash-name.ts';
import type { Digests } from '../../measure/bank.ts';
import { type Refusal, refused, type Verdict } from '../verdict.ts';
import { whyNothingAllows } from '../why-nothing-allows.ts';
import type { ImageSignature, ImageSignatures } from './image-signatures.ts';
import type { ImageAuthority } from './secure-boot.ts';
import {
  type DatabaseEntry,
  findDigest,
  revocationOf,
  type SignatureDatabases,
} from './signature-databases.ts';

const REVOKED_BY_HASH = 'the hash of a certificate that signs it is in dbx';

/** A time stamp by a certificate of dbt would count (PassTimestampCheck), and is not read here. */
const REVOKED_FROM_A_DATE = `${REVOKED_BY_HASH} from a date on; whether a time stamp that dbt trusts is older is not known, and counts as no`;

/** What edk2 hashes an unsigned image with, in its order (mHash, from its end). */
const UNSIGNED_HASHES = [
  'sha512',
  'sha384',
  'sha256',
  'sha1',
] as const satisfies readonly HashName[];

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
    ? verifySigned(image, digests, databases)
    : verifyUnsigned(digests, databases);
}

/** Every digest that is in db counts, and is measured before the next one is looked at. */
function verifyUnsigned(digests: Digests, { db, dbx }: SignatureDatabases): Verdict {
  const measured: ImageAuthority[] = [];
  for (const hash of UNSIGNED_HASHES) {
    if (findDigest(dbx, hash, digests[hash])) {
      return refused('hash-in-dbx', `its ${hash} digest is in dbx`, measured);
    }
    const entry = findDigest(db, hash, digests[hash]);
    if (entry !== undefined) measured.push(asAuthority(entry));
  }
  if (measured.length > 0) return { allowed: true, authorities: measured };
  return refused('not-signed', 'it is not signed, and its digest is not in db');
}

/**
 * One good signature suffices, and one forbidden signature is one too many. What allows an image is
 * measured when it is found, whatever comes of it.
 */
function verifySigned(
  { signatures, tableProblem }: ImageSignatures,
  digests: Digests,
  databases: SignatureDatabases,
): Verdict {
  let allowedBy: readonly ImageAuthority[] = [];
  for (const signature of signatures) {
    const { objection, found } = judge(signature, digests, databases, allowedBy.length > 0);
    allowedBy = [...allowedBy, ...found];
    if (objection !== undefined) return refused(...objection, allowedBy);
  }
  if (tableProblem !== undefined) return refused('certificate-table', tableProblem, allowedBy);
  if (allowedBy.length > 0) return { allowed: true, authorities: allowedBy };
  if (signatures.length === 0) {
    return refused('unknown-digest', 'no signature is over a digest that the firmware computes');
  }
  return refused(
    ...whyNothingAllows(signatures, digests, databases.rules, 'nothing in db allows it'),
  );
}

/** What speaks against an image and for it, on the side of one signature. */
function judge(
  signature: ImageSignature,
  digests: Digests,
  databases: SignatureDatabases,
  isAllowed: boolean,
): { readonly objection?: Refusal; readonly found: readonly ImageAuthority[] } {
  const { hash } = signature;
  const forbidden = forbids(signature, digests, databases);
  if (forbidden !== undefined) return { objection: forbidden, found: [] };
  const certificate = isAllowed ? undefined : findCertificate(signature, digests, databases);
  if (findDigest(databases.dbx, hash, digests[hash])) {
    const found = certificate === undefined ? [] : [asAuthority(certificate)];
    return { objection: ['hash-in-dbx', `its ${hash} digest is in dbx`], found };
  }
  if (isAllowed) return { found: [] };
  const entry = certificate ?? findDigest(databases.db, hash, digests[hash]);
  return { found: entry === undefined ? [] : [asAuthority(entry)] };
}

/** What dbx has against a signature; without dbx, nothing is asked. */
function forbids(
  signature: ImageSignature,
  digests: Digests,
  { dbx, hasDbx, trustsTimeStamps, rules }: SignatureDatabases,
): Refusal | undefined {
  if (!hasDbx) return undefined;
  if (signature.content === undefined && signature.signers === undefined) {
    return ['damaged-signature', `there is a dbx, and ${signature.problem}`];
  }
  const { content, signers = [] } = signature;
  const isForbidden = ({ type, data }: DatabaseEntry) =>
    type === 'x509' && content !== undefined && verifiesAuthenticode(content, digests, data, rules);
  if (dbx.some(isForbidden)) {
    return ['certificate-in-dbx', 'a certificate that signs it is in dbx'];
  }
  if (signers.length === 0) return ['damaged-signature', 'nobody signed its signature'];
  const revocations = signers.map(({ certificate }) => revocationOf(dbx, certificate.der));
  if (revocations.every((one) => one === undefined)) return undefined;
  const isDoubtful = trustsTimeStamps && !revocations.includes('always');
  return ['certificate-in-dbx', isDoubtful ? REVOKED_FROM_A_DATE : REVOKED_BY_HASH];
}

/** The first certificate of db that the signature leads to, unless it is revoked. */
function findCertificate(
  { content }: ImageSignature,
  digests: Digests,
  { db, dbx, rules }: SignatureDatabases,
): DatabaseEntry | undefined {
  if (content === undefined) return undefined;
  const entry = db.find(
    ({ type, data }) => type === 'x509' && verifiesAuthenticode(content, digests, data, rules),
  );
  return entry === undefined || revocationOf(dbx, entry.data) ? undefined : entry;
}

function asAuthority({ bytes }: DatabaseEntry): ImageAuthority {
  const variable = { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' };
  return { variable, signature: bytes };
}
