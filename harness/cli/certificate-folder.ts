import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../host/errors.ts';
import { type OpenSource, openSource } from '../host/file-source.ts';

/** A folder with more files is not one of certificates. */
const MAX_FILES = 1000;

/**
 * Opens every file of a folder; folders in it are left alone.
 *
 * @param folder the path as the user gave it
 * @param files what closes them
 * @throws UsageError where it is no folder, may not be read, or has too many files
 */
export async function openCertificateFolder(
  folder: string,
  files: DisposableStack,
): Promise<readonly OpenSource[]> {
  const names = await fileNames(folder);
  if (names.length > MAX_FILES) {
    throw new UsageError(`${folder}: more than ${MAX_FILES} files, no folder of certificates`);
  }
  const open: OpenSource[] = [];
  for (const name of names) open.push(files.use(await openSource(join(folder, name))));
  return open;
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const regular = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
    return regular.map(({ name }) => name).toSorted();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new UsageError(`${folder}: no folder of certificates that can be read (${code})`);
  }
}
