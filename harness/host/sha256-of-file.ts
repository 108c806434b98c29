import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const BUFFER_BYTES = 1 << 20;

/**
 * SHA-256 of a file, read in pieces, as lower-case hex. They are read into one buffer: new ones, as a stream
 * has them, take memory of the size of a small image before they are collected.
 */
export async function sha256OfFile(path: string): Promise<string> {
  await using file = await open(path);
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const hash = createHash('sha256');
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}
