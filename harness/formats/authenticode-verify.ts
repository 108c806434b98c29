import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { AuthenticodeSignature } from './authenticode-signature.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { type ChainRules, certificateChain, EDK2_RULES } from './certificate-chain.ts';
import type { KeyKind } from './certificate-link.ts';
import type { CmsSigner } from './cms.ts';
import type { HashName } from './hash-name.ts';

/** An image's digests as authenticodeDigests gives them. */
type ImageDigests = Readonly<Partial<Record<HashName, string>>>;

/** Which certificate allows an image: positions in the two lists that were searched. */
export type Authority = { readonly signature: number; readonly trusted: number };

/**
 * Finds the certificate that allows an image, in the order in which edk2 looks: signature by
 * signature, each against all trusted certificates. With Secure Boot on, edk2 measures the
 * signature-list entry of this certificate as EV_EFI_VARIABLE_AUTHORITY.
 *
 * @param signatures the image's signatures, in the order of its certificate table
 * @param digests the image's Authenticode digests; one that no signature uses may be absent
 * @param trusted the X.509 certificates of `db` in DER, in the order of the variable
 * @returns `undefined` where none of them allows the image
 * @see edk2 DxeImageVerificationLib.c, DxeImageVerificationHandler and IsAllowedByDb
 */
export function findAuthority(
  signatures: readonly AuthenticodeSignature[],
  digests: ImageDigests,
  trusted: readonly Uint8Array[],
): Authority | undefined {
  for (const [index, signature] of signatures.entries()) {
    const found = trusted.findIndex((der) => verifiesAuthenticode(signature, digests, der));
    if (found >= 0) return { signature: index, trusted: found };
  }
  return undefined;
}

/**
 * Whether edk2 takes a signature for a good one: it is over this image, every signer's signature
 * verifies, and a chain leads from every signer to the trusted certificate, which may be the
 * signer's own. Neither validity periods nor extended key usages matter to edk2.
 *
 * @param signature the signature
 * @param digests the image's Authenticode digests
 * @param trusted the one certificate that is trusted, in DER; nothing verifies against other bytes
 * @param rules who builds the chain, and which keys it knows
 * @see edk2 CryptoPkg/Library/BaseCryptLib/Pk/CryptAuthenticode.c and CryptPkcs7VerifyCommon.c
 */
export function verifiesAuthenticode(
  signature: AuthenticodeSignature,
  digests: ImageDigests,
  trusted: Uint8Array,
  rules: ChainRules = EDK2_RULES,
): boolean {
  const { hash, imageDigest, signers, certificates } = signature;
  const anchor = readTrusted(trusted);
  if (hash === undefined || digests[hash] !== imageDigest || anchor === undefined) return false;
  if (signers.length === 0) return false;
  return signers.every(
    (signer) =>
      signatureVerifies(signature, signer, rules.keys) &&
      certificateChain(signer.certificate, certificates, anchor, rules) !== undefined,
  );
}

function readTrusted(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate('trusted certificate', der, 0);
  } catch {
    return undefined;
  }
}

/** OpenSSL's PKCS7_signatureVerify. */
function signatureVerifies(
  { content, announced }: AuthenticodeSignature,
  signer: CmsSigner,
  kinds: readonly KeyKind[],
): boolean {
  const { hash, signedAttributes, messageDigest, signature, certificate } = signer;
  if (hash === undefined || !announced.includes(hash)) return false;
  if (signedAttributes !== undefined) {
    if (createHash(hash).update(content).digest('hex') !== messageDigest) return false;
  }
  const key = keyOf(certificate.der, kinds);
  return key !== undefined && verify(hash, signedAttributes ?? content, key, signature);
}

function keyOf(der: Uint8Array, kinds: readonly KeyKind[]): KeyObject | undefined {
  try {
    const { publicKey } = new X509Certificate(der);
    return kinds.some((kind) => kind === publicKey.asymmetricKeyType) ? publicKey : undefined;
  } catch {
    // A key that OpenSSL cannot read: the certificate is one, but nothing verifies with it.
    return undefined;
  }
}
