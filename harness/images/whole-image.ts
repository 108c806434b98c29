import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IMAGE_INDEX } from './image-use.ts';
import { filesOfImage, type ReferenceImage } from './reference-image.ts';

const Digest = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * Whether a built image has all its files, and an index with their digests. What power loss or a person has made of
 * it is else met at the end of a run.
 */
export async function isWhole(image: ReferenceImage): Promise<boolean> {
  const files = Object.entries(filesOfImage(image));
  if (!files.every(([, path]) => existsSync(path))) return false;
  try {
    const index: unknown = JSON.parse(await readFile(join(image.directory, IMAGE_INDEX), 'utf8'));
    z.object(Object.fromEntries(files.map(([name]) => [name, Digest]))).parse(index);
    return true;
  } catch {
    return false;
  }
}
