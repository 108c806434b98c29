import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { UsageError } from './errors.ts';

/**
 * Makes sure of files before tools are given them, which would each say it in their own way.
 *
 * @throws UsageError naming the first that is not there or may not be read
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
  }
}
