import { createHash } from 'node:crypto';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { certificateSubject } from '../formats/certificate-subject.ts';
import {
  readSignatureLists,
  type Signature,
  type SignatureType,
} from '../formats/signature-list.ts';
import { safeText } from '../measure/event-text.ts';

/** A sentence names its first certificates only. */
const MOST_NAMES = 4;

/** Hexadecimal digits of a fingerprint: enough to tell two certificates of one subject apart. */
const FINGERPRINT_DIGITS = 16;

type Entry = Signature & { readonly type: SignatureType; readonly key: string };

/**
 * What differs between two values of a signature database: PK, KEK, db, dbx.
 *
 * @param name the variable's name
 * @param a its value on one side; empty where it does not exist
 * @param b its value on the other side
 * @returns e.g. `db certificate 2 differs: CN=A → CN=B`
 */
export function signatureDatabaseDifference(name: string, a: Uint8Array, b: Uint8Array): string {
  const [ofA, ofB] = [entriesOf(a), entriesOf(b)];
  if (ofA === undefined || ofB === undefined) {
    return `${name} differs: ${valueText(a, ofA)} → ${valueText(b, ofB)}`;
  }
  const [goneFrom, comeTo] = [without(ofA, ofB), without(ofB, ofA)];
  const certificates = certificateDifference(name, [ofA, ofB], [goneFrom, comeTo]);
  const hashes = [
    ...countsOf(comeTo).map(([type, count]) => `${name} has ${count} more of type ${type}`),
    ...countsOf(goneFrom).map(([type, count]) => `${name} lacks ${count} of type ${type}`),
  ];
  const parts = [...certificates, ...hashes];
  return parts.length > 0 ? parts.join('; ') : arrangementDifference(name, ofA, ofB);
}

/** What a database holds, for people. */
export function signatureDatabaseContent(value: Uint8Array): string {
  return valueText(value, entriesOf(value));
}

/** Subject and fingerprint of a certificate, or what else a signature is. */
export function signatureName(data: Uint8Array): string {
  const subject = certificateSubject(data);
  const fingerprint = createHash('sha256').update(data).digest('hex').slice(0, FINGERPRINT_DIGITS);
  if (subject === undefined) return `${data.length} bytes (SHA-256 ${fingerprint}…)`;
  return `${safeText(subject)} (SHA-256 ${fingerprint}…)`;
}

function certificateDifference(
  name: string,
  [ofA, ofB]: readonly [readonly Entry[], readonly Entry[]],
  [goneFrom, comeTo]: readonly [readonly Entry[], readonly Entry[]],
): readonly string[] {
  const [gone, come] = [goneFrom.filter(isCertificate), comeTo.filter(isCertificate)];
  const [only, other] = [gone[0], come[0]];
  if (gone.length === 1 && come.length === 1 && only && other) {
    const [atA, atB] = [placeOf(only, ofA), placeOf(other, ofB)];
    if (atA === atB) {
      return [`${name} certificate ${atA} differs: ${certificateChange(only, other)}`];
    }
  }
  return [
    ...(come.length === 0 ? [] : [`${name} has ${extra(come)}`]),
    ...(gone.length === 0 ? [] : [`${name} lacks ${named(gone)}`]),
  ];
}

function certificateChange(a: Entry, b: Entry): string {
  if (toHex(a.data) === toHex(b.data)) return `owner ${a.owner} → ${b.owner}`;
  return `${signatureName(a.data)} → ${signatureName(b.data)}`;
}

function extra(entries: readonly Entry[]): string {
  return `${entries.length === 1 ? 'an extra certificate' : `${entries.length} extra certificates`}: ${list(entries)}`;
}

function named(entries: readonly Entry[]): string {
  return `${entries.length === 1 ? 'the certificate' : `${entries.length} certificates:`} ${list(entries)}`;
}

function list(entries: readonly Entry[]): string {
  const names = entries.slice(0, MOST_NAMES).map(({ data }) => signatureName(data));
  const more = entries.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function arrangementDifference(name: string, a: readonly Entry[], b: readonly Entry[]): string {
  const isSameOrder = a.every(({ key }, at) => key === b[at]?.key);
  return isSameOrder
    ? `${name} has the same entries in differently divided lists`
    : `${name} has the same entries in another order`;
}

function valueText(value: Uint8Array, entries: readonly Entry[] | undefined): string {
  if (value.length === 0) return 'empty';
  if (entries === undefined) return `${value.length} bytes that are no signature lists`;
  const certificates = entries.filter(isCertificate);
  const counts = countsOf(entries).map(([type, count]) => `${count} of type ${type}`);
  return [...(certificates.length > 0 ? [list(certificates)] : []), ...counts].join(', ');
}

function isCertificate({ type }: Entry): boolean {
  return type === 'x509';
}

/** Place among the certificates, from 1. */
function placeOf(entry: Entry, entries: readonly Entry[]): number {
  return entries.filter(isCertificate).indexOf(entry) + 1;
}

/** How many there are of each type but certificates. */
function countsOf(entries: readonly Entry[]): readonly (readonly [SignatureType, number])[] {
  const counts = new Map<SignatureType, number>();
  for (const { type } of entries) {
    if (type !== 'x509') counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts];
}

/** The entries that the others do not have, each as often as it is missing. */
function without(entries: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  const left = new Map<string, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return entries.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

function entriesOf(value: Uint8Array): readonly Entry[] | undefined {
  try {
    return readSignatureLists(new Cursor('', value)).flatMap(({ type, typeGuid, signatures }) =>
      signatures.map((signature) => ({
        ...signature,
        type,
        key: `${typeGuid} ${toHex(signature.bytes)}`,
      })),
    );
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
