import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';

const DIGEST_BYTES = 32;

/**
 * Keeps what was taken from firmwares' memory, each under a key that names all it depends on. A file
 * is the SHA-256 of the bytes, and the bytes.
 */
export class FirmwareMemoryCache {
  readonly #directory: string;

  /** @param directory the workspace's cache; made where it is not there */
  constructor(directory: string) {
    this.#directory = join(directory, 'firmware-memory');
  }

  /**
   * @param key lower-case hex
   * @param size how many bytes there must be
   * @returns the bytes; `undefined` where there are none. What is damaged is dropped.
   */
  async get(key: string, size: number): Promise<Uint8Array | undefined> {
    const kept = await readFile(this.#fileOf(key)).catch(() => undefined);
    if (kept === undefined) return undefined;
    const memory = kept.subarray(DIGEST_BYTES);
    if (memory.length === size && sha256(memory).equals(kept.subarray(0, DIGEST_BYTES))) {
      return memory;
    }
    await rm(this.#fileOf(key), { force: true, recursive: true });
    return undefined;
  }

  /** Keeps bytes; whoever reads the key meanwhile sees nothing or all of them. */
  async put(key: string, memory: Uint8Array): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await writeFileAtomically(this.#fileOf(key), Buffer.concat([sha256(memory), memory]));
  }

  #fileOf(key: string): string {
    return join(this.#directory, key);
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
