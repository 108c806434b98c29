import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import {
  type AuthenticodeSignature,
  readAuthenticodeSignature,
} from '../formats/authenticode-signature.ts';
import type { Certificate } from '../formats/certificate.ts';
import { embeddedChain } from '../formats/certificate-chain.ts';
import { readCertificateTable, walkCertificateTable } from '../formats/certificate-table.ts';
import type { PeImage } from '../formats/pe.ts';
import { readSignature } from '../predict/firmware/image-signatures.ts';

/** What names a certificate. */
export type NamedCertificate = {
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
};

/** Who signed an image. */
export type ImageSigner = NamedCertificate & {
  /** From the signer on, as far as the certificates go that came with the signature. */
  readonly chain: readonly NamedCertificate[];
};

/**
 * Who signed an image; the signatures themselves are not judged.
 *
 * @param source the image
 * @param pe its headers
 * @throws FormatError where the certificate table or a signature in it is damaged
 */
export function imageSigners(source: ByteSource, pe: PeImage): readonly ImageSigner[] {
  return signersOf(
    readCertificateTable(source, pe)
      .flatMap(({ signedData }) => signedData ?? [])
      .map((range) => readAuthenticodeSignature(source, range)),
  );
}

/**
 * Who signed an image, as far as its signatures can be read.
 *
 * @param source the image
 * @param pe its headers
 */
export function readableSigners(source: ByteSource, pe: PeImage): readonly ImageSigner[] {
  const { certificates } = walkCertificateTable(source, pe);
  const signatures = certificates
    .flatMap(({ signedData }) => signedData ?? [])
    .flatMap((range) => {
      const signature = readSignature(source, range);
      return signature instanceof FormatError ? [] : signature;
    });
  return signersOf(signatures);
}

function nameOf({ subject, issuer, sha256 }: Certificate): NamedCertificate {
  return { subject, issuer, sha256 };
}

function signersOf(signatures: readonly AuthenticodeSignature[]): readonly ImageSigner[] {
  return signatures.flatMap(({ signers, certificates }) =>
    signers.map(({ certificate }) => ({
      ...nameOf(certificate),
      chain: embeddedChain(certificate, certificates).map(nameOf),
    })),
  );
}
