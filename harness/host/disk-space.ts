import { EnvironmentError } from './errors.ts';

/** What a disk that is full says, and a user's share of it that is. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Whether something could not be written for want of space. */
export function isForWantOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL.has(error.code);
}

/** @param what could not be written, by the name that the user gave it */
export function noRoomFor(what: string): EnvironmentError {
  return new EnvironmentError({
    missing: `${what}: there is no room for it`,
    remedy: 'make room there, or write it elsewhere',
  });
}

/**
 * Does something that writes to a directory of the harness's own.
 *
 * @throws EnvironmentError where its file system is full
 */
export async function needingSpace<T>(directory: string, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    if (!isForWantOfSpace(error)) throw error;
    throw new EnvironmentError({
      missing: `no space left on the file system of ${directory}`,
      remedy: 'make room there, or set TMPDIR to a directory elsewhere',
    });
  }
}
