import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../host/errors.ts';

/**
 * Makes the directory that runs are written to, before anything is done that takes long.
 *
 * @param path absolute
 * @throws EnvironmentError where it cannot be made or written
 */
export async function makeResultsDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new EnvironmentError({
      missing: `${path} cannot be written (${code})`,
      remedy: 'name another directory with --results',
    });
  }
}

/** Node.js's own, recursive, never ends below /proc, where nothing can be made (ENOENT). */
async function makeWithParents(path: string): Promise<void> {
  if ((await problemOfMaking(path)) !== 'ENOENT') return;
  await makeWithParents(dirname(path));
  await mkdir(path);
}

/** @throws what is neither that it is there already nor that it has no parent */
async function problemOfMaking(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return code;
    throw error;
  }
}
