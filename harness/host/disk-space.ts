import { EnvironmentError } from './errors.ts';

/**
 * Does something that writes to a directory of the harness's own.
 *
 * @throws EnvironmentError where its file system is full
 */
export async function needingSpace<T>(directory: string, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw new EnvironmentError({
      missing: `no space left on the file system of ${directory}`,
      remedy: 'make room there, or set TMPDIR to a directory elsewhere',
    });
  }
}
