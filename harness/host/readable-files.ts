import { access, constants, stat } from 'node:fs/promises';
import { FormatError } from '../bytes/format-error.ts';
import { UsageError } from './errors.ts';
import { kindOf } from './kind-of-file.ts';

/**
 * Makes sure of files before tools are given them, which would each say it in their own way, or wait for
 * ever, as with a FIFO that nobody writes to.
 *
 * @throws UsageError naming the first that is not there or may not be read; FormatError naming the first
 *   that is neither a regular file nor a block device
 */
export async function requireReadable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await access(path, constants.R_OK);
    } catch (error) {
      const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES';
      throw new UsageError(
        `${path}: ${isDenied ? 'may not be read by this user' : 'no such file'}`,
      );
    }
    await requireBytes(path);
  }
}

async function requireBytes(file: string): Promise<void> {
  const found = await stat(file);
  if (found.isFile() || found.isBlockDevice()) return;
  throw new FormatError({ file, offset: 0, expected: 'a regular file', found: kindOf(found) });
}
