import { bytesSource } from '../../harness/bytes/source.ts';
import { readAuthenticodeSignature } from '../../harness/formats/authenticode-signature.ts';
import { readCertificateTable } from '../../harness/formats/certificate-table.ts';
import { readPe } from '../../harness/formats/pe.ts';
import type { StoreEntry } from '../../harness/images/pki-store.ts';

/**
 * The certificates by which a firmware trusts a shim that Microsoft signed: the last one that comes with
 * each of its signatures.
 *
 * @throws FormatError where the shim's signatures are damaged
 */
export function microsoftCertificates(shim: Uint8Array): readonly StoreEntry[] {
  const source = bytesSource('shim', shim);
  return readCertificateTable(source, readPe(source))
    .flatMap(({ signedData }) => signedData ?? [])
    .flatMap((range) => readAuthenticodeSignature(source, range).certificates.slice(-1))
    .map(({ der }) => ({ x509: der }));
}
