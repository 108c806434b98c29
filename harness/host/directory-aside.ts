import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Reaper } from './reaper.ts';

/**
 * Makes a directory aside and gives it its name when it is whole, so that nobody sees half of it. Where
 * another run has made it meanwhile, that one stays; where this one fails, or is killed, nothing is left.
 *
 * @param directory absolute path; the directories above it are made where they are not there
 * @param reaper removes what is unfinished when the harness is killed
 * @param make fills the directory that it is given, which is there and empty
 * @returns whether it is this one that has the name now
 * @throws what `make` throws
 */
export async function makeDirectoryAside(
  directory: string,
  reaper: Reaper,
  make: (aside: string) => Promise<void>,
): Promise<boolean> {
  const aside = `${directory}.${randomUUID()}.partial`;
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  await using undo = new AsyncDisposableStack();
  undo.use(await reaper.watch({ kind: 'directory', path: aside }));
  undo.defer(() => rm(aside, { recursive: true, force: true }));
  await mkdir(aside, { mode: 0o700 });
  await make(aside);
  return await rename(aside, directory).then(() => true, isThere);
}

/** Directories are renamed over empty ones alone. */
function isThere(error: unknown): false {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
  throw error;
}
