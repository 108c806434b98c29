import { X509Certificate } from 'node:crypto';

/**
 * Name of a certificate's subject, for descriptions: its common name, else the whole subject.
 *
 * @param der a DER certificate
 * @returns `undefined` where the bytes are no certificate, or its subject is empty
 */
export function certificateSubject(der: Uint8Array): string | undefined {
  const subject = parseSubject(der);
  if (!subject) return undefined;
  const attributes = subject.split('\n');
  const commonName = attributes.findLast((attribute) => attribute.startsWith('CN='));
  return commonName ?? attributes.join(', ');
}

function parseSubject(der: Uint8Array): string | undefined {
  try {
    return new X509Certificate(der).subject;
  } catch {
    return undefined;
  }
}
