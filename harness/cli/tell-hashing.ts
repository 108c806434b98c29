import type { ByteSource } from '../bytes/source.ts';

/** What takes more than two seconds to hash in several banks. */
const WORTH_SAYING = 256 << 20;

/**
 * Says on stderr that large files are being hashed.
 *
 * @param sources all that is hashed
 */
export function tellHashing(sources: readonly Pick<ByteSource, 'size'>[]): void {
  const bytes = sources.reduce((sum, { size }) => sum + size, 0);
  if (bytes < WORTH_SAYING) return;
  process.stderr.write(`hashing ${Math.round(bytes / 2 ** 20)} MiB …\n`);
}
