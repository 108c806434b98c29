import { writeFileAtomically } from '../host/atomic-file.ts';
import { UsageError } from '../host/errors.ts';

/** Reasons for which a file cannot be written that lie with the path. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such folder'],
  ['ENOTDIR', 'no such folder'],
  ['EISDIR', 'is a folder'],
  ['EACCES', 'may not be written by this user'],
  ['EPERM', 'may not be written by this user'],
  ['EROFS', 'lies on a file system that is read-only'],
]);

/**
 * Writes what the user asked to have in a file.
 *
 * @throws UsageError where there can be no such file
 */
export async function writeOutput(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(path, content);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS.get(code);
    throw reason === undefined ? error : new UsageError(`${path}: ${reason}`);
  }
}
