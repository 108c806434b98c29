import { X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.ts';

/** A certificate, and what OpenSSL makes of it. */
export type Link = { readonly certificate: Certificate; readonly x509: X509Certificate };

/** Kinds of keys whose signatures are verified: `ec` only where OpenSSL was built with it. */
export type KeyKind = 'rsa' | 'ec';

/** @throws Error where OpenSSL cannot read the certificate */
export function link(certificate: Certificate): Link {
  return { certificate, x509: new X509Certificate(certificate.der) };
}

/** By names, key identifiers and key usage; the signature is verified when the chain stands. */
export function isIssued(one: Link, issuer: Link): boolean {
  return one.x509.checkIssued(issuer.x509);
}

/** OpenSSL goes by names and key identifiers here; the signature stands in for the key usage. */
export function isSelfSigned(one: Link): boolean {
  const { x509 } = one;
  return isIssued(one, one) || (x509.subject === x509.issuer && x509.verify(x509.publicKey));
}

/** Whether they are of the same certificate, byte by byte. */
export function isSame(one: Link, other: Link): boolean {
  return one.certificate.sha256 === other.certificate.sha256;
}

/** Whether a certificate may be the next of a chain: it issued the last one, and is not in it yet. */
export function canFollow(candidate: Link, chain: readonly Link[]): boolean {
  const last = chain.at(-1);
  const isNew = !chain.some((earlier) => isSame(earlier, candidate));
  return isNew && last !== undefined && isIssued(last, candidate);
}

/**
 * Whether a chain that ends at a trusted certificate stands: each but the first is a CA, and each but the
 * last is signed with the key of the next.
 *
 * @param kinds keys whose signatures are verified
 */
export function chainHolds(chain: readonly Link[], kinds: readonly KeyKind[]): boolean {
  return chain.every(mayStand) && chain.every((one, at) => verifies(one, chain[at + 1], kinds));
}

/** All but the signer's are CA certificates; the last may be one of version 1, that cannot say so. */
function mayStand(one: Link, depth: number, { length }: readonly Link[]): boolean {
  if (depth === 0 || one.x509.ca) return true;
  return depth === length - 1 && one.certificate.version === 1 && isSelfSigned(one);
}

function verifies(one: Link, next: Link | undefined, kinds: readonly KeyKind[]): boolean {
  const key = next?.x509.publicKey;
  if (key === undefined) return true;
  return kinds.some((kind) => kind === key.asymmetricKeyType) && one.x509.verify(key);
}
