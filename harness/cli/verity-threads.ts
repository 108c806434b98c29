import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DigestThreads } from '../host/digest-threads.ts';

/** Subcommands that hash all of a file. */
const HASHING: readonly (string | undefined)[] = ['root', 'verify'];

/** A file that takes less than this many bytes is hashed before another thread has started. */
const WORTH_THREADS = 128 << 20;

/**
 * Starts the threads of `cvm verity` before the command is loaded, where a large file is to be hashed:
 * else the first core loads while the others wait, and hashes while they start.
 *
 * @param words the command line behind `verity`
 */
export function startVerityThreads([subcommand, ...words]: readonly string[]):
  | DigestThreads
  | undefined {
  if (!HASHING.includes(subcommand) || !words.some(isLarge)) return undefined;
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
