import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import { certificateSubject } from '../../formats/certificate-subject.ts';
import {
  readSignatureLists,
  type Signature,
  type SignatureList,
  type SignatureType,
} from '../../formats/signature-list.ts';

/** How many certificates are named; more than any vendor enrols. */
const MAX_NAMES = 16;

/**
 * Describes the value of a signature database for people: its certificates by subject, everything
 * else by number. The firmware measures a value that makes no sense as well, so this never fails.
 *
 * @param data the variable's value
 * @returns e.g. `CN=Microsoft Corporation UEFI CA 2011, 443 sha256`
 */
export function signatureDatabaseText(data: Uint8Array): string {
  const lists = parseLists(data);
  if (lists === undefined) return `${data.length} bytes that are no signature lists`;
  const certificates = lists
    .filter(({ type }) => type === 'x509')
    .flatMap(({ signatures }) => signatures);
  const names = certificates.slice(0, MAX_NAMES).map(certificateText);
  const unnamed = certificates.length - names.length;
  const counts = new Map<SignatureType, number>();
  for (const { type, signatures } of lists) {
    if (type !== 'x509') counts.set(type, (counts.get(type) ?? 0) + signatures.length);
  }
  const others = [...counts].map(([type, count]) => `${count} ${type}`);
  const more = unnamed > 0 ? [`${unnamed} more certificates`] : [];
  return [...names, ...more, ...others].join(', ') || 'empty';
}

/**
 * Describes one EFI_SIGNATURE_DATA that allowed an image to run.
 *
 * @param signature owner GUID and certificate or hash
 * @returns the certificate's subject, else the number of bytes
 */
export function signatureText(signature: Uint8Array): string {
  return (
    certificateSubject(signature.subarray(16)) ?? `hash or key, ${signature.length - 16} bytes`
  );
}

function certificateText({ data }: Signature): string {
  return certificateSubject(data) ?? `certificate of ${data.length} bytes`;
}

function parseLists(data: Uint8Array): readonly SignatureList[] | undefined {
  try {
    return readSignatureLists(new Cursor('signature database', data));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
