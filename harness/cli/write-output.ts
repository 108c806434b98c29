import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { isForWantOfSpace, noRoomFor } from '../host/disk-space.ts';
import { UsageError } from '../host/errors.ts';

/** Reasons for which a file cannot be written that lie with the path. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such folder'],
  ['ENOTDIR', 'no such folder'],
  ['EISDIR', 'is a folder'],
  ['ELOOP', 'is a symbolic link that leads nowhere'],
  ['EACCES', 'may not be written by this user'],
  ['EPERM', 'may not be written by this user'],
  ['EROFS', 'lies on a file system that is read-only'],
  ['ENXIO', 'is a FIFO that nobody reads from'],
]);

/**
 * Writes what the user asked to have in a file. A file that is there is replaced as a whole, also
 * behind a symbolic link; a device or FIFO is written to.
 *
 * @throws UsageError where there can be no such file; EnvironmentError where there is no room for it
 */
export async function writeOutput(path: string, content: Uint8Array): Promise<void> {
  try {
    const there = await statIfThere(path);
    if (there === undefined) await writeFileAtomically(path, content);
    else if (there.isFile()) await writeFileAtomically(await realpath(path), content);
    else await writeThrough(path, content);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS.get(code);
    if (reason !== undefined) throw new UsageError(`${path}: ${reason}`);
    throw isForWantOfSpace(error) ? noRoomFor(path) : error;
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A rename would put a file where `/dev/null` was. */
async function writeThrough(path: string, content: Uint8Array): Promise<void> {
  // A FIFO without a reader would be waited for; this is refused instead.
  await using _reader = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
  await using file = await open(path, 'w');
  await file.writeFile(content);
}
