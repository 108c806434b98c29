import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** File of a built image that lists its digests; its time is when the image was last asked for. */
export const IMAGE_INDEX = 'image.json';

/** No run boots an image for longer after it has asked for it. */
const IN_USE_MS = 3 * 60 * 60_000;

/** Notes that a run is about to use a built image. */
export async function markUsed(directory: string): Promise<void> {
  const now = new Date();
  await utimes(join(directory, IMAGE_INDEX), now, now);
}

/**
 * Removes what lies beside a built image: older builds of it, and what was left of one that did not end.
 * What another run may be booting or building stays.
 */
export async function removeUnused(directory: string): Promise<void> {
  const images = dirname(directory);
  for (const name of await readdir(images)) {
    const other = join(images, name);
    if (name !== basename(directory) && !(await isInUse(other))) {
      await rm(other, { recursive: true, force: true });
    }
  }
}

async function isInUse(directory: string): Promise<boolean> {
  const used = await stat(join(directory, IMAGE_INDEX)).catch(() => stat(directory));
  return Date.now() - used.mtimeMs < IN_USE_MS;
}
