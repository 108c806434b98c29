import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import type { Reaper } from '../host/reaper.ts';
import { openSnapshot, type Snapshot, snapshotIndexFile } from './snapshot.ts';

/** A snapshot of a guest with 1 GiB has some 200 MB: room for twenty. */
const BOUND_BYTES = 4 << 30;

/** What somebody may be about to fork is not dropped to make room. */
const IN_USE_MS = 10 * 60_000;

/** Folders with other names are not complete, or are on their way out. */
const KEY = /^[0-9a-f]{64}$/;

/** Nobody takes as long to write a snapshot, or to take one away: who began it is no more. */
const LEFT_MS = 60 * 60_000;

/**
 * Snapshots by key, shared by all runs of a checkout. A folder gets its name when it is complete, and
 * loses it before it is taken away, so that nobody sees half of one; QEMUs that have it open are not
 * disturbed.
 */
export class SnapshotCache {
  readonly #directory: string;
  readonly #boundBytes: number;

  /**
   * @param directory the workspace's cache; made where it is not there
   * @param boundBytes above which those that were not used for the longest time go
   */
  constructor(directory: string, boundBytes = BOUND_BYTES) {
    this.#directory = join(directory, 'snapshots');
    this.#boundBytes = boundBytes;
  }

  /**
   * @returns the snapshot, every byte of it checked; `undefined` where there is none
   * @throws InfraError where it is damaged: it is dropped then
   */
  async open(key: string): Promise<Snapshot | undefined> {
    const directory = join(this.#directory, key);
    const found = await stat(directory).catch(() => undefined);
    if (found === undefined) return undefined;
    try {
      const snapshot = await openSnapshot(directory);
      await this.#used(directory);
      return snapshot;
    } catch (error) {
      await this.drop(key);
      throw error;
    }
  }

  /**
   * Keeps a snapshot, and drops others where there are too many. Where another run has kept one with
   * this key meanwhile, that one stays.
   *
   * @param reaper removes what is unfinished when the harness is killed
   * @param take writes it into the folder that it is given
   */
  async put(
    key: string,
    reaper: Reaper,
    take: (directory: string) => Promise<Snapshot>,
  ): Promise<Snapshot> {
    const directory = join(this.#directory, key);
    let taken: Snapshot | undefined;
    const isOurs = await makeDirectoryAside(directory, reaper, async (aside) => {
      taken = await take(aside);
    });
    await this.#makeRoom(key);
    await this.#clearLeft();
    // Two snapshots of one machine are not alike to the byte.
    return isOurs && taken !== undefined ? { ...taken, directory } : await openSnapshot(directory);
  }

  /** Takes a snapshot away; what has it open keeps it. */
  async drop(key: string): Promise<void> {
    const out = join(this.#directory, `${key}.${randomUUID()}.dropped`);
    await rename(join(this.#directory, key), out).catch(orIsGone);
    await rm(out, { recursive: true, force: true });
  }

  async #used(directory: string): Promise<void> {
    const now = new Date();
    await utimes(snapshotIndexFile(directory), now, now);
  }

  async #makeRoom(kept: string): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => KEY.test(name));
    const all = await Promise.all(names.map((name) => this.#sizeOf(name)));
    const latestFirst = all.toSorted((a, b) => b.usedAtMs - a.usedAtMs);
    let bytes = 0;
    for (const snapshot of latestFirst) {
      bytes += snapshot.bytes;
      const isIdle = Date.now() - snapshot.usedAtMs > IN_USE_MS;
      if (bytes > this.#boundBytes && snapshot.key !== kept && isIdle) {
        await this.drop(snapshot.key);
      }
    }
  }

  /** Takes away what a run left that was killed together with its reaper. */
  async #clearLeft(): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => !KEY.test(name));
    for (const path of names.map((name) => join(this.#directory, name))) {
      const changedAtMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
      if (Date.now() - changedAtMs > LEFT_MS) await rm(path, { recursive: true, force: true });
    }
  }

  /** What another run drops meanwhile counts nothing. */
  async #sizeOf(key: string) {
    const directory = join(this.#directory, key);
    const index = await stat(snapshotIndexFile(directory)).catch(() => undefined);
    const names = await readdir(directory).catch(() => []);
    const files = names.map((name) => stat(join(directory, name)).catch(() => undefined));
    const bytes = (await Promise.all(files)).reduce((sum, file) => sum + (file?.size ?? 0), 0);
    return { key, bytes, usedAtMs: index?.mtimeMs ?? 0 };
  }
}

function orIsGone(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
