import { type KeyObject, X509Certificate } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { readVekCertificate, type VekCertificate } from './vek-certificate.ts';

/** Larger files hold no certificates. */
const MAX_BYTES = 1 << 20;

/** A certificate that may belong to a report's chain. */
export type GivenCertificate = {
  /** The file that it came in. */
  readonly file: string;
  readonly x509: X509Certificate;
  readonly key: KeyObject;
  /** AMD's extensions; absent for the certificates above a VCEK or VLEK. */
  readonly vek: VekCertificate | undefined;
};

/** The PEM armour of certificates (RFC 7468, 5). */
const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** DER of a certificate begins with a SEQUENCE. */
const DER_SEQUENCE = 0x30;

/**
 * Reads certificates: one in DER, or any number in PEM.
 *
 * @throws FormatError where the file holds none, or one that is damaged
 */
export function readCertificateFile(source: ByteSource): readonly GivenCertificate[] {
  if (source.size > MAX_BYTES) throw none(source, `${source.size} bytes`);
  const bytes = readRange(source, 0, source.size, 'certificates');
  if (bytes[0] === DER_SEQUENCE) return [readOne(source, bytes)];
  const armoured = Buffer.from(bytes).toString('latin1').match(PEM) ?? [];
  if (armoured.length === 0) throw none(source, 'neither PEM nor DER');
  return armoured.map((text) => readOne(source, text));
}

function readOne(source: ByteSource, certificate: Uint8Array | string): GivenCertificate {
  const parsed = parse(source, certificate);
  return { file: source.name, ...parsed, vek: readVekCertificate(source.name, parsed.x509.raw) };
}

function parse(source: ByteSource, certificate: Uint8Array | string) {
  try {
    const x509 = new X509Certificate(certificate);
    return { x509, key: x509.publicKey };
  } catch (error) {
    throw none(source, error instanceof Error ? error.message : 'another file');
  }
}

function none(source: ByteSource, found: string): FormatError {
  return new FormatError({
    file: source.name,
    offset: 0,
    expected: 'X.509 certificates in PEM or DER',
    found,
  });
}
