import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { DigestThreads } from '../host/digest-threads.ts';

/** Subcommands that hash all of a file. */
const HASHING: readonly (string | undefined)[] = ['root', 'verify'];

/** A file that takes less than this many bytes is hashed before another thread has started. */
const WORTH_THREADS = 128 << 20;

/**
 * Starts the threads of `cvm verity` before the program is loaded, where a large file is to be hashed:
 * else the first core loads while the others wait, and hashes while they start.
 *
 * @param words the command line, without the name of the program
 */
export async function startVerityThreads([
  command,
  subcommand,
  ...words
]: readonly string[]): Promise<DigestThreads | undefined> {
  if (command !== 'verity' || !HASHING.includes(subcommand) || !words.some(isLarge)) return;
  const { DigestThreads } = await import('../host/digest-threads.ts');
  return new DigestThreads(availableParallelism() - 1);
}

/** Whether a word names a large file; what is wrong with it, the command itself says. */
function isLarge(word: string): boolean {
  try {
    return statSync(word).size >= WORTH_THREADS;
  } catch {
    return false;
  }
}
