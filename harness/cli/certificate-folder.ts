import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../host/errors.ts';
import { type OpenSource, openSource } from '../host/file-source.ts';
import type { AttestationReport } from '../sev/attestation-report.ts';
import { certificateFolders } from '../sev/certificate-place.ts';

/** A folder with more files is not one of certificates. */
const MAX_FILES = 1000;

/**
 * Opens the files that can hold a report's certificates: those of the folder itself, and, where it is a
 * cache, those of the report's chip or of every cloud.
 *
 * @param folder the path as the user gave it
 * @param report whose certificates are wanted
 * @param files what closes them
 * @throws UsageError where it is no folder, may not be read, or has too many files
 */
export async function openCertificateFolder(
  folder: string,
  report: AttestationReport,
  files: DisposableStack,
): Promise<readonly OpenSource[]> {
  const paths: string[] = [];
  for (const place of certificateFolders(report)) paths.push(...(await filesIn(folder, place)));
  if (paths.length > MAX_FILES) {
    throw new UsageError(`${folder}: more than ${MAX_FILES} files, no folder of certificates`);
  }
  const open: OpenSource[] = [];
  for (const path of paths) open.push(files.use(await openSource(path)));
  return open;
}

/** Files of the folders below one, by the names that lead to them; `*` is every name. */
async function filesIn(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const [name, ...rest] = names;
  if (name === undefined) return (await entriesOf(folder)).files;
  const { folders } = await entriesOf(folder);
  const wanted = folders.filter((path) => name === '*' || path === join(folder, name));
  const found = await Promise.all(wanted.map((path) => filesIn(path, rest)));
  return found.flat();
}

/** Paths of what is in a folder, by the order of their names. */
async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const paths = (kind: typeof entries) => kind.map(({ name }) => join(folder, name)).toSorted();
    return {
      files: paths(entries.filter((entry) => entry.isFile() || entry.isSymbolicLink())),
      folders: paths(entries.filter((entry) => entry.isDirectory())),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new UsageError(`${folder}: no folder of certificates that can be read (${code})`);
  }
}
