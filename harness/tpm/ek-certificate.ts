import { X509Certificate } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { hashOf } from './algorithm.ts';
import { type PublicArea, TPMA_OBJECT } from './public-area.ts';
import type { QuoteCheck } from './quote-verify.ts';

/** An EK certificate fits an NV index. */
const LARGEST_CERTIFICATE = 1 << 14;

/** tcg-kp-EKCertificate and tcg-at-tpmManufacturer (TCG EK Credential Profile 2.6, 3.2). */
const EK_CERTIFICATE = '2.23.133.8.1';
const MANUFACTURER = /tcg-at-tpmManufacturer|2\.23\.133\.2\.1\b/;

/**
 * Reads an EK certificate as it stands in the NV index of a TPM, in DER; bytes behind it are ignored, as an
 * index may be larger.
 *
 * @throws FormatError where the bytes are no X.509 certificate, or one that no key can be read from
 */
export function readEkCertificate(source: ByteSource): X509Certificate {
  const expected = 'an EK certificate in DER';
  const problem = (found: string) =>
    new FormatError({ file: source.name, offset: 0, expected, found });
  if (source.size > LARGEST_CERTIFICATE) throw problem(`${source.size} bytes`);
  const bytes = Buffer.from(readRange(source, 0, source.size, 'EK certificate'));
  const certificate = parsed(bytes);
  if (typeof certificate === 'string') throw problem(certificate);
  // OpenSSL would rather read a PEM certificate that hides inside of other bytes.
  if (!certificate.raw.equals(bytes.subarray(0, certificate.raw.length))) throw problem('PEM');
  return certificate;
}

function parsed(bytes: Uint8Array): X509Certificate | string {
  try {
    const certificate = new X509Certificate(bytes);
    return certificate.publicKey.asymmetricKeyType === undefined ? 'no key' : certificate;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What an EK certificate is held against. */
export type EkExpectations = {
  /** Certificate of the TPM's manufacturer, which is trusted. */
  readonly authority: X509Certificate;
  /** When the certificate has to be valid. */
  readonly at: Date;
  /** The key that the TPM shows as its EK. */
  readonly ek: PublicArea;
};

/**
 * Verifies that an endorsement key is one of a manufacturer's TPMs (TCG EK Credential Profile 2.6, 3.2;
 * TPM 2.0 Library, Part 1, 9.4.3). That the TPM really holds the key is what credential activation shows.
 *
 * @returns one check for each thing looked at; the certificate verifies where all are ok
 */
export function verifyEkCertificate(
  certificate: X509Certificate,
  { authority, at, ek }: EkExpectations,
): readonly QuoteCheck[] {
  const issued =
    authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  const name = authority.subject || 'an authority without a name';
  const valid = at >= certificate.validFromDate && at <= certificate.validToDate;
  const usages = certificate.keyUsage ?? [];
  const subject = certificate.subjectAltName ?? '';
  return [
    check('issuer', issued, issued ? `issued by ${name}` : `not issued by ${name}`),
    check('validity', valid, `${certificate.validFrom} to ${certificate.validTo}`),
    check(
      'usage',
      usages.includes(EK_CERTIFICATE) && !certificate.ca,
      `extended key usage ${usages.join(', ') || 'none'}`,
    ),
    check('tpm', MANUFACTURER.test(subject), subject || 'names no TPM'),
    ekCheck(certificate, ek),
    templateCheck(ek),
  ];
}

function ekCheck(certificate: X509Certificate, ek: PublicArea): QuoteCheck {
  const ok = isCertified(certificate, ek);
  return check('ek', ok, `the EK of the TPM is ${ok ? 'that' : 'not that'} of the certificate`);
}

function isCertified({ publicKey }: X509Certificate, { key }: PublicArea): boolean {
  // A key of another kind may be one that Node.js reads and does not export.
  if (key.kind !== 'rsa' || publicKey.asymmetricKeyType !== 'rsa') return false;
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const exponent = Number.parseInt(Buffer.from(e, 'base64url').toString('hex'), 16);
  return Buffer.from(n, 'base64url').equals(key.modulus) && exponent === key.exponent;
}

/** What of the default template makes an activation mean something (TCG EK Credential Profile 2.6, B.3.3). */
function templateCheck({ attributes, nameAlg }: PublicArea): QuoteCheck {
  const { fixedTPM, fixedParent, restricted, decrypt } = TPMA_OBJECT;
  const needed = fixedTPM | fixedParent | restricted | decrypt;
  const ok = (attributes & needed) === needed && hashOf(nameAlg) === 'sha256';
  return check('template', ok, `objectAttributes 0x${attributes.toString(16).padStart(8, '0')}`);
}

function check(name: string, ok: boolean, detail: string): QuoteCheck {
  return { name, ok, detail };
}
