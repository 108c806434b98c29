import { bytesSource } from '../../harness/bytes/source.ts';
import { authenticodeDigests } from '../../harness/formats/authenticode.ts';
import { withSignatures } from '../../harness/formats/efi-program.ts';
import type { HashName } from '../../harness/formats/hash-name.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { signAuthenticode } from '../../harness/formats/sign-authenticode.ts';
import type { DistributionPki, PkiName } from '../../harness/images/distribution-pki.ts';

/** How an image is signed. */
export type SigningChoice = {
  readonly hash?: HashName;
  readonly withoutAttributes?: boolean;
  /** Leaves the certificates above the signer out. */
  readonly leafAlone?: boolean;
  /** The digest that is signed instead of the image's own, lower-case hex. */
  readonly imageDigest?: string;
};

/** The Authenticode digest of an image, lower-case hex. */
export function authenticodeOf(image: Uint8Array, hash: HashName = 'sha256'): string {
  const source = bytesSource('image', image);
  return authenticodeDigests(source, readPe(source), [hash])[hash] ?? '';
}

/**
 * The signature of an image.
 *
 * @param image the image, signed or not
 * @param signers who signs it, all in one signature
 */
export function signatureOf(
  image: Uint8Array,
  pki: DistributionPki,
  signers: readonly PkiName[],
  choice: SigningChoice = {},
): Uint8Array {
  const { hash = 'sha256', withoutAttributes = false, leafAlone = false } = choice;
  const above = leafAlone ? [] : signers.flatMap((name) => pki.issuersOf(name));
  return signAuthenticode({
    imageDigest: choice.imageDigest ?? authenticodeOf(image, hash),
    hash,
    withoutAttributes,
    signers: signers.map((name) => pki.identity(name)),
    certificates: [...signers.map((name) => pki.certificate(name)), ...above],
  });
}

/** An image with one signature. */
export function signedImage(
  image: Uint8Array,
  pki: DistributionPki,
  signer: PkiName,
  choice: SigningChoice = {},
): Uint8Array {
  return withSignatures(image, [signatureOf(image, pki, [signer], choice)]);
}
