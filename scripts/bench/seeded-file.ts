import { createCipheriv, createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const CHUNK = Buffer.alloc(1 << 20);

/** Bytes that follow from a seed and look random: AES in counter mode over zeros. */
export function* seededChunks(seed: string, bytes: number): Generator<Buffer, void, undefined> {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    yield cipher.update(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  }
}

/** Writes a file of bytes that follow from a seed. */
export async function writeSeeded(path: string, seed: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  for (const chunk of seededChunks(seed, bytes)) await file.write(chunk);
  // What is left to be written keeps a core busy while others are timed.
  await file.sync();
}
