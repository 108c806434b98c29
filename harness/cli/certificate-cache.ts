import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import { readCertificateFile } from '../sev/certificate-file.ts';
import { certificatePlace } from '../sev/certificate-place.ts';
import { commonName } from '../sev/report-chain.ts';
import { writeOutput } from './write-output.ts';

/** What `cvm report add-certs --json` prints. */
export type AddedCertificates = {
  /** Where each lies in the cache, in the order of the files. */
  readonly added: readonly string[];
};

/**
 * The action behind `cvm report add-certs`: puts certificates where `cvm report verify --certs` finds
 * them by chip and TCB. One that is there is replaced: by its place it is the same.
 *
 * @param cache the folder; made where it is not there
 * @throws FormatError where a file holds no certificates; UsageError where one is not AMD's, or the
 *   folder may not be written
 */
export async function addCertificates(
  cache: string,
  files: readonly ByteSource[],
): Promise<AddedCertificates> {
  const placed = files.flatMap(readCertificateFile).map((certificate) => {
    const place = certificatePlace(certificate);
    if (place !== undefined) return { path: join(cache, ...place), der: certificate.x509.raw };
    const name = commonName(certificate);
    throw new UsageError(`${certificate.file}: "${name}" is no VCEK, VLEK, ASK or ARK`);
  });
  for (const { path, der } of placed) {
    await makeFolder(dirname(path));
    await writeOutput(path, der);
  }
  return { added: placed.map(({ path }) => path) };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new UsageError(`${folder}: cannot be made (${code})`);
  }
}
