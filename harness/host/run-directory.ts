import { basename, dirname, join } from 'node:path';
import { dir, tmpName } from 'tmp-promise';
import { EnvironmentError } from './errors.ts';
import type { Reaper } from './reaper.ts';

/** What a UNIX socket's address holds, less the NUL (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** Characters that no tool's option syntax gives a meaning to. */
const PLAIN_PATH = /^[\w./@+-]+$/;

/** A directory of the harness's own, mode 0700, removed with everything in it. */
export class RunDirectory implements AsyncDisposable {
  readonly path: string;
  readonly #remove: () => Promise<void>;
  readonly #guard: AsyncDisposable;
  #removal: Promise<void> | undefined;

  private constructor(path: string, remove: () => Promise<void>, guard: AsyncDisposable) {
    this.path = path;
    this.#remove = remove;
    this.#guard = guard;
  }

  /**
   * Makes a directory with a short name below the host's directory for temporary files.
   *
   * @throws EnvironmentError where there can be none of use
   */
  static async create(reaper: Reaper): Promise<RunDirectory> {
    const path = await orLacking(tmpName({ template: 'cvm-XXXXXX' }));
    if (!PLAIN_PATH.test(path)) {
      const missing = `${dirname(path)} has characters that swtpm's options cannot hold`;
      throw new EnvironmentError({ missing, remedy: 'set TMPDIR to another directory' });
    }
    // The reaper hears of the name before there is a directory, so that none can be left behind.
    const guard = await reaper.watch({ kind: 'directory', path });
    const options = { tmpdir: dirname(path), name: basename(path), mode: 0o700 };
    const { cleanup } = await orLacking(dir({ ...options, unsafeCleanup: true }));
    return new RunDirectory(path, cleanup, guard);
  }

  /**
   * Path of a UNIX socket in this directory.
   *
   * @throws EnvironmentError where it is longer than an address holds; swtpm would say so in its
   *   log alone
   */
  socket(name: string): string {
    const path = join(this.path, name);
    if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return path;
    throw new EnvironmentError({
      missing: `${path} is too long for a UNIX socket (${SOCKET_PATH_BYTES} bytes at most)`,
      remedy: 'set TMPDIR to a directory with a shorter name',
    });
  }

  /** Path of a file in this directory. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Removes the directory. May be called more than once. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#removal ??= this.#removeOnce();
    return this.#removal;
  }

  async #removeOnce(): Promise<void> {
    await this.#remove();
    await this.#guard[Symbol.asyncDispose]();
  }
}

async function orLacking<T>(making: Promise<T>): Promise<T> {
  try {
    return await making;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const missing = `no temporary directory can be made: ${why}`;
    throw new EnvironmentError({
      missing,
      remedy: 'set TMPDIR to a directory that can be written',
    });
  }
}
