import { mkdir, rm } from 'node:fs/promises';
import type { Reaper } from '../host/reaper.ts';

/**
 * The folder of a run that is under way. One that is interrupted before it has a result leaves none; what
 * another one has gathered until a tool broke stays, as it may tell why.
 */
export class UnfinishedRun implements AsyncDisposable {
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #guard: AsyncDisposable;
  #hasResult = false;

  private constructor(path: string, signal: AbortSignal, guard: AsyncDisposable) {
    this.#path = path;
    this.#signal = signal;
    this.#guard = guard;
  }

  /**
   * Makes the folder.
   *
   * @param path absolute
   * @param session what removes it where this process is killed, and what tells that the run is interrupted
   */
  static async begin(
    path: string,
    { reaper, signal }: { readonly reaper: Reaper; readonly signal: AbortSignal },
  ): Promise<UnfinishedRun> {
    const guard = await reaper.watch({ kind: 'directory', path });
    await mkdir(path, { recursive: true });
    return new UnfinishedRun(path, signal, guard);
  }

  /** The folder has its result, and stays. */
  async finish(): Promise<void> {
    this.#hasResult = true;
    await this.#guard[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasResult) return;
    if (this.#signal.aborted) await rm(this.#path, { recursive: true, force: true });
    await this.#guard[Symbol.asyncDispose]();
  }
}
