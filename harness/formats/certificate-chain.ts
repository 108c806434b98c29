import { X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.ts';

/** OpenSSL's limit on the length of a chain. */
const MAX_CHAIN = 100;

/**
 * Builds and verifies the chain from a signer to a trusted certificate as OpenSSL does for edk2:
 * the trusted certificate is looked for first, at every step; it ends the chain wherever it
 * stands, self-signed or not; validity periods are not looked at.
 *
 * Not looked at either, though OpenSSL does: path length and name constraints, and critical
 * extensions that it does not know.
 *
 * @param signer the signer's certificate
 * @param embedded the certificates that came with the signature, in order
 * @param trusted the one certificate that is trusted
 * @returns the chain from the signer on; `undefined` where none leads to the trusted certificate
 * @see OpenSSL crypto/x509/x509_vfy.c with X509_V_FLAG_TRUSTED_FIRST, X509_V_FLAG_PARTIAL_CHAIN and
 *   X509_V_FLAG_NO_CHECK_TIME, as edk2 CryptPkcs7VerifyCommon.c sets them
 */
export function certificateChain(
  signer: Certificate,
  embedded: readonly Certificate[],
  trusted: Certificate,
): readonly Certificate[] | undefined {
  try {
    const chain = buildChain(link(signer), embedded.map(link), link(trusted));
    const holds = chain?.every(mayStand) && chain.every(verifies);
    return holds ? chain?.map(({ certificate }) => certificate) : undefined;
  } catch {
    // OpenSSL cannot read a certificate's key: it would not verify anything with it either.
    return undefined;
  }
}

/**
 * The chain from a signer as far as the certificates that came with the signature go, whoever trusts it.
 *
 * @param signer the signer's certificate
 * @param embedded the certificates that came with the signature, in order
 * @returns the chain from the signer on; the signer alone where a certificate cannot be read
 */
export function embeddedChain(
  signer: Certificate,
  embedded: readonly Certificate[],
): readonly Certificate[] {
  try {
    const pool = embedded.map(link);
    const chain = [link(signer)];
    for (;;) {
      const issuer = pool.find((other) => canFollow(other, chain));
      if (issuer === undefined) break;
      chain.push(issuer);
    }
    return chain.map(({ certificate }) => certificate);
  } catch {
    // OpenSSL cannot read a certificate's key.
    return [signer];
  }
}

/** A certificate, and what OpenSSL makes of it. */
type Link = { readonly certificate: Certificate; readonly x509: X509Certificate };

function link(certificate: Certificate): Link {
  return { certificate, x509: new X509Certificate(certificate.der) };
}

function buildChain(leaf: Link, pool: readonly Link[], anchor: Link): readonly Link[] | undefined {
  const chain = [leaf];
  for (let last = leaf; chain.length <= MAX_CHAIN; ) {
    const selfSigned = isSelfSigned(last);
    if (selfSigned && isSame(last, anchor)) return chain;
    if (!selfSigned && isIssued(last, anchor)) return [...chain, anchor];
    const issuer = selfSigned ? undefined : pool.find((other) => canFollow(other, chain));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  // The signer's certificate may itself be the trusted one.
  return isSame(leaf, anchor) ? chain : undefined;
}

function canFollow(candidate: Link, chain: readonly Link[]): boolean {
  const last = chain.at(-1);
  const isNew = !chain.some((earlier) => isSame(earlier, candidate));
  return isNew && last !== undefined && isIssued(last, candidate);
}

/** All but the signer's are CA certificates; the last may be one of version 1, that cannot say so. */
function mayStand(one: Link, depth: number, { length }: readonly Link[]): boolean {
  if (depth === 0 || one.x509.ca) return true;
  return depth === length - 1 && one.certificate.version === 1 && isSelfSigned(one);
}

/** All but the last are signed with the key of the next: RSA, as OVMF's OpenSSL has no other. */
function verifies(one: Link, depth: number, chain: readonly Link[]): boolean {
  const key = chain[depth + 1]?.x509.publicKey;
  return key === undefined || (key.asymmetricKeyType === 'rsa' && one.x509.verify(key));
}

/** By names, key identifiers and key usage; the signature is verified when the chain stands. */
function isIssued(one: Link, issuer: Link): boolean {
  return one.x509.checkIssued(issuer.x509);
}

/** OpenSSL goes by names and key identifiers here; the signature stands in for the key usage. */
function isSelfSigned(one: Link): boolean {
  const { x509 } = one;
  return isIssued(one, one) || (x509.subject === x509.issuer && x509.verify(x509.publicKey));
}

function isSame(one: Link, other: Link): boolean {
  return one.certificate.sha256 === other.certificate.sha256;
}
