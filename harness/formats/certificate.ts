import { createHash, X509Certificate } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { DER_TAG, DerCursor, expectElement, optionalElement, readElement } from './der.ts';

/** An X.509 certificate (RFC 5280, 4.1) by what names it. */
export type Certificate = {
  /** Subject, its attributes in the order of the certificate, e.g. `C=DE, O=Example, CN=db`. */
  readonly subject: string;
  /** Issuer, written like the subject. */
  readonly issuer: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** The certificate as it stands in the file. */
  readonly der: Uint8Array;
  /** DER of the issuer's name and the serial number, lower-case hex: what a CMS signer names. */
  readonly issuerAndSerial: string;
  /** 1, 2 or 3. */
  readonly version: number;
};

/**
 * Reads what names an X.509 certificate.
 *
 * @param file name for error messages
 * @param bytes the certificate in DER; bytes behind it are ignored, as OpenSSL ignores them
 * @param offset where it begins in the file
 * @throws FormatError where the bytes are no certificate
 */
export function readCertificate(file: string, bytes: Uint8Array, offset: number): Certificate {
  const cursor = new DerCursor(file, bytes, offset);
  const certificate = expectElement(cursor, DER_TAG.sequence, 'X.509 certificate');
  const der = certificate.bytes;
  const { subject, issuer } = readNames(file, der, offset);
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    sha256: createHash('sha256').update(der).digest('hex'),
    der,
    ...readFields(cursor.inside(certificate)),
  };
}

/** TBSCertificate up to the issuer. */
function readFields(cursor: DerCursor) {
  const fields = cursor.inside(expectElement(cursor, DER_TAG.sequence, 'TBSCertificate'));
  const version = optionalElement(fields, DER_TAG.context0, 'certificate version');
  const serial = expectElement(fields, DER_TAG.integer, 'certificate serial number');
  readElement(fields, 'signature algorithm');
  const issuer = expectElement(fields, DER_TAG.sequence, 'certificate issuer');
  return {
    issuerAndSerial: toHex(issuer.bytes) + toHex(serial.bytes),
    version: (version?.content.at(-1) ?? 0) + 1,
  };
}

function readNames(file: string, der: Uint8Array, offset: number): X509Certificate {
  const expected = 'an X.509 certificate in DER';
  const certificate = parse(der);
  if (typeof certificate === 'string') {
    throw new FormatError({ file, offset, expected, found: certificate });
  }
  // OpenSSL would rather read a PEM certificate that hides inside of the DER.
  if (!certificate.raw.equals(der)) {
    throw new FormatError({ file, offset, expected, found: 'another certificate inside of it' });
  }
  return certificate;
}

function parse(der: Uint8Array): X509Certificate | string {
  try {
    return new X509Certificate(der);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** OpenSSL writes one attribute a line, and escapes line ends inside of values. */
function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}
