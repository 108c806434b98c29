import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory and state of VMs are larger; what a TPM keeps is not. */
const LARGEST_FILE = 16 << 20;

/** Where a process of this host may leave a file without being told to. */
const PLACES: readonly string[] = [...new Set([tmpdir(), '/tmp', '/dev/shm', '/var/tmp'])];

/**
 * Files of the host that hold what a TPM must not leave there, by content: every file below its directories
 * for temporary files that has changed since.
 *
 * @param secrets bytes to look for, by what they are
 * @param since milliseconds of the epoch
 * @param except absolute paths of directories that are not looked into: evidence that is kept on purpose
 * @returns path and what it holds, sorted
 */
export async function filesWith(
  secrets: Readonly<Record<string, Uint8Array>>,
  since: number,
  except: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const place of PLACES) {
    for await (const path of filesBelow(place, since, except)) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      for (const [what, secret] of Object.entries(secrets)) {
        if (bytes.includes(Buffer.from(secret))) found.push(`${path}: ${what}`);
      }
    }
  }
  return found.toSorted();
}

async function* filesBelow(
  directory: string,
  since: number,
  except: readonly string[],
): AsyncGenerator<string, void, undefined> {
  // What goes while it is looked at is not left behind.
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (except.includes(path)) continue;
    if (entry.isDirectory()) yield* filesBelow(path, since, except);
    else if (entry.isFile() && (await isCandidate(path, since))) yield path;
  }
}

async function isCandidate(path: string, since: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.size <= LARGEST_FILE && found.mtimeMs >= since;
}
