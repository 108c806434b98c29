import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from './atomic-file.ts';

const DIGEST_BYTES = 32;

/**
 * Keeps bytes between runs, each under a key that names all they depend on. A file is the SHA-256 of
 * the bytes, and the bytes. Runs at once do not disturb each other.
 */
export class KeptBytes {
  readonly #directory: string;
  readonly #most: number;

  /**
   * @param directory of these bytes alone; made where it is not there
   * @param most how many are kept; then the oldest goes
   */
  constructor(directory: string, most = Number.POSITIVE_INFINITY) {
    this.#directory = directory;
    this.#most = most;
  }

  /**
   * @param key lower-case hex
   * @returns the bytes; `undefined` where there are none. What is damaged is dropped.
   */
  async get(key: string): Promise<Uint8Array | undefined> {
    const kept = await readFile(this.#fileOf(key)).catch(() => undefined);
    if (kept === undefined) return undefined;
    const bytes = kept.subarray(DIGEST_BYTES);
    if (sha256(bytes).equals(kept.subarray(0, DIGEST_BYTES))) return bytes;
    await rm(this.#fileOf(key), { force: true, recursive: true });
    return undefined;
  }

  /** Keeps bytes; whoever reads the key meanwhile sees nothing or all of them. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFileAtomically(this.#fileOf(key), Buffer.concat([sha256(bytes), bytes]));
    if (this.#most !== Number.POSITIVE_INFINITY) await this.#dropOldest();
  }

  /** Another run may drop the same ones. */
  async #dropOldest(): Promise<void> {
    const keys = (await readdir(this.#directory)).filter((name) => /^[0-9a-f]+$/.test(name));
    const ages = await Promise.all(
      keys.map(async (key) => {
        const { mtimeMs = 0 } = (await stat(this.#fileOf(key)).catch(() => undefined)) ?? {};
        return { key, mtimeMs };
      }),
    );
    const newestFirst = ages.toSorted((a, b) => b.mtimeMs - a.mtimeMs);
    for (const { key } of newestFirst.slice(this.#most))
      await rm(this.#fileOf(key), { force: true });
  }

  #fileOf(key: string): string {
    return join(this.#directory, key);
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
