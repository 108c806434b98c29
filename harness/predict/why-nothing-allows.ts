import { X509Certificate } from 'node:crypto';
import { verifiesAuthenticode } from '../formats/authenticode-verify.ts';
import type { Certificate } from '../formats/certificate.ts';
import type { ChainRules } from '../formats/certificate-chain.ts';
import type { Digests } from '../measure/bank.ts';
import type { ImageSignature } from './firmware/image-signatures.ts';
import type { Refusal } from './verdict.ts';

/**
 * Why none of an image's signatures leads anywhere: because none is sound, or nobody trusts those that are.
 *
 * @param signatures those that were looked at, one at least
 * @param digests the image's Authenticode digests
 * @param rules who verifies them
 * @param untrusted what to say where a signature is sound
 */
export function whyNothingAllows(
  signatures: readonly ImageSignature[],
  digests: Digests,
  rules: ChainRules,
  untrusted: string,
): Refusal {
  const problems = signatures.map((signature) => problemOf(signature, digests, rules));
  const [first] = problems;
  return first === undefined || problems.includes(undefined)
    ? ['no-matching-certificate', untrusted]
    : first;
}

function problemOf(
  signature: ImageSignature,
  digests: Digests,
  rules: ChainRules,
): Refusal | undefined {
  if (signature.content === undefined) return ['damaged-signature', signature.problem];
  const { hash, content } = signature;
  const found = digests[hash];
  if (content.imageDigest !== found) {
    const digest = `${hash} ${content.imageDigest}`;
    return ['digest-mismatch', `its signature is over ${digest}, and its digest is ${found}`];
  }
  // A signer is trusted here for once: whether he signed it is the question, not who he is.
  const isSound = content.signers.some((signer) =>
    verifiesAuthenticode({ ...content, signers: [signer] }, digests, signer.certificate.der, rules),
  );
  if (isSound) return undefined;
  const isKnown = content.signers.every(({ certificate }) => hasKnownKey(certificate, rules));
  return isKnown
    ? ['bad-signature', 'its signature does not verify']
    : ['unknown-key', `its signer's key is none of ${rules.keys.join(' and ')}`];
}

function hasKnownKey({ der }: Certificate, { keys }: ChainRules): boolean {
  try {
    const { asymmetricKeyType } = new X509Certificate(der).publicKey;
    return keys.some((kind) => kind === asymmetricKeyType);
  } catch {
    return false;
  }
}
