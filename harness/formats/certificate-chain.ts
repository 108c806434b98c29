import type { Certificate } from './certificate.ts';
import {
  canFollow,
  chainHolds,
  isIssued,
  isSame,
  isSelfSigned,
  type KeyKind,
  type Link,
  link,
} from './certificate-link.ts';

/** OpenSSL's limit on the length of a chain. */
const MAX_CHAIN = 100;

/** How chains are built and verified. */
export type ChainRules = {
  /**
   * Which OpenSSL does it: edk2's looks for the trusted certificate at every step; shim's, of the line
   * 1.0.2, first follows the embedded ones to their end, and leaves a self-signed one there out.
   */
  readonly builder: 'edk2' | 'shim';
  /** Keys whose signatures are verified. */
  readonly keys: readonly KeyKind[];
};

/** What every build of OVMF does. */
export const EDK2_RULES: ChainRules = { builder: 'edk2', keys: ['rsa'] };

/** What shim 16.1 does. */
export const SHIM_RULES: ChainRules = { builder: 'shim', keys: ['rsa'] };

/**
 * Builds and verifies the chain from a signer to a trusted certificate as OpenSSL does: the trusted
 * certificate ends the chain wherever it stands, self-signed or not; validity periods are not looked at.
 *
 * Not looked at either, though OpenSSL does: path length and name constraints, and critical
 * extensions that it does not know.
 *
 * @param signer the signer's certificate
 * @param embedded the certificates that came with the signature, in order
 * @param trusted the one certificate that is trusted
 * @returns the chain from the signer on; `undefined` where none leads to the trusted certificate
 * @see OpenSSL crypto/x509/x509_vfy.c with X509_V_FLAG_TRUSTED_FIRST, X509_V_FLAG_PARTIAL_CHAIN and
 *   X509_V_FLAG_NO_CHECK_TIME, as edk2 CryptPkcs7VerifyCommon.c sets them; of 1.0.2 without the first, as
 *   shim 16.1 Cryptlib/Pk/CryptPkcs7Verify.c does
 */
export function certificateChain(
  signer: Certificate,
  embedded: readonly Certificate[],
  trusted: Certificate,
  { builder, keys }: ChainRules = EDK2_RULES,
): readonly Certificate[] | undefined {
  try {
    const build = builder === 'edk2' ? buildTrustedFirst : buildEmbeddedFirst;
    const chain = build(link(signer), embedded.map(link), link(trusted));
    return chain !== undefined && chainHolds(chain, keys)
      ? chain.map(({ certificate }) => certificate)
      : undefined;
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
    return followEmbedded(link(signer), embedded.map(link)).map(({ certificate }) => certificate);
  } catch {
    // OpenSSL cannot read a certificate's key.
    return [signer];
  }
}

function buildTrustedFirst(
  leaf: Link,
  pool: readonly Link[],
  anchor: Link,
): readonly Link[] | undefined {
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

/** Where the end of the chain does not lead to the trusted certificate, the last before it that does is taken. */
function buildEmbeddedFirst(
  leaf: Link,
  pool: readonly Link[],
  anchor: Link,
): readonly Link[] | undefined {
  const found = followEmbedded(leaf, pool);
  const end = found.at(-1);
  if (found.length === 1 && end !== undefined && isSelfSigned(end)) {
    return isSame(leaf, anchor) ? [leaf] : undefined;
  }
  const chain = end !== undefined && isSelfSigned(end) ? found.slice(0, -1) : found;
  const last = chain.at(-1);
  if (last !== undefined && isIssued(last, anchor)) return [...chain, anchor];
  if (isSame(leaf, anchor)) return chain;
  const at = chain.slice(0, -1).findLastIndex((one) => isIssued(one, anchor));
  return at < 0 ? undefined : [...chain.slice(0, at + 1), anchor];
}

function followEmbedded(leaf: Link, pool: readonly Link[]): readonly Link[] {
  const chain = [leaf];
  for (let last = leaf; chain.length <= MAX_CHAIN && !isSelfSigned(last); ) {
    const issuer = pool.find((other) => canFollow(other, chain));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}
