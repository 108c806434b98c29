import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file aside and renames it, so that whoever reads the path sees the old content or the
 * new, whole.
 *
 * @param path where the file is to be, in a directory that exists
 * @param content bytes, or text that is written as UTF-8
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const aside = `${path}.${randomUUID()}.partial`;
  try {
    await using file = await open(aside, 'wx');
    await file.writeFile(content);
    await file.sync();
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
