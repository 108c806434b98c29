import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Machine } from '../machine/machine.ts';
import { requireWhole, type Snapshot, type SnapshotIndex, snapshotIndexFile } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';

const [A, B, C] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)] as const;
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

let reaper: Reaper;
let scratch: RunDirectory;

beforeEach(async () => {
  reaper = Reaper.start();
  scratch = await RunDirectory.create(reaper);
});
afterEach(async () => {
  await scratch[Symbol.asyncDispose]();
  await reaper[Symbol.asyncDispose]();
});

describe('the cache of snapshots', () => {
  it('gives what was put, and nothing for another key', async () => {
    const cache = new SnapshotCache(scratch.path);
    const kept = await cache.put(A, reaper, take(A));
    expect(kept.directory).toBe(scratch.file(`snapshots/${A}`));
    expect(await cache.open(A)).toEqual(kept);
    expect(await cache.open(B)).toBeUndefined();
  });

  it.each<readonly [string, (directory: string) => void, RegExp]>([
    ['other bytes', (at) => writeFileSync(join(at, 'state'), 'STATE'), /state has another SHA-256/],
    [
      'more bytes',
      (at) => appendFileSync(join(at, 'state'), '!'),
      /state has 6 bytes instead of 5/,
    ],
    ['no state', (at) => rmSync(join(at, 'state')), /state is not there instead of 5 bytes/],
    ['no index', (at) => rmSync(snapshotIndexFile(at)), /its index cannot be read/],
    ['an index of nothing', (at) => writeFileSync(snapshotIndexFile(at), '{}'), /its index cannot/],
  ])('drops a snapshot with %s and says why', async (_, damage, message) => {
    const cache = new SnapshotCache(scratch.path);
    const { directory } = await cache.put(A, reaper, take(A));
    damage(directory);
    const error = await cache.open(A).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InfraError);
    expect(String(error)).toMatch(message);
    expect(await cache.open(A)).toBeUndefined();
    expect(names()).toEqual([]);
  });

  it('keeps nothing of a snapshot that could not be taken', async () => {
    const cache = new SnapshotCache(scratch.path);
    const failing = cache.put(A, reaper, async (directory) => {
      await take(A)(directory);
      throw new Error('no space left');
    });
    await expect(failing).rejects.toThrow('no space left');
    expect(names()).toEqual([]);
  });

  it('keeps one where two runs put the same at once, and gives it to both', async () => {
    const runs = ['state', 'another state'].map((state) => {
      return new SnapshotCache(scratch.path).put(A, reaper, take(A, state));
    });
    const [one, other] = await Promise.all(runs);
    expect(one).toEqual(other);
    for (const snapshot of [one, other]) {
      await expect(requireWhole(required(snapshot))).resolves.toBeUndefined();
    }
    expect(names()).toEqual([A]);
  });

  it('drops those that were not used for the longest time where there are too many', async () => {
    const cache = new SnapshotCache(scratch.path, 1);
    const first = await cache.put(A, reaper, take(A));
    const second = await cache.put(B, reaper, take(B));
    for (const { directory } of [first, second]) {
      utimesSync(snapshotIndexFile(directory), AN_HOUR_AGO, AN_HOUR_AGO);
    }
    await cache.open(B);
    await cache.put(C, reaper, take(C));
    expect(names()).toEqual([B, C]);
  });

  it('clears away what a killed run has left, once nobody can be at it', async () => {
    const cache = new SnapshotCache(scratch.path);
    const [old, fresh] = [`${A}.1.dropped`, `${A}.2.partial`];
    for (const name of [old, fresh])
      mkdirSync(scratch.file(`snapshots/${name}`), { recursive: true });
    const long = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(scratch.file(`snapshots/${old}`), long, long);
    await cache.put(B, reaper, take(B));
    expect(names()).toEqual([fresh, B]);
  });

  it('survives that a snapshot is dropped twice at once', async () => {
    const cache = new SnapshotCache(scratch.path);
    await cache.put(A, reaper, take(A));
    await Promise.all([cache.drop(A), cache.drop(A)]);
    expect(names()).toEqual([]);
  });
});

function names(): readonly string[] {
  return readdirSync(scratch.file('snapshots')).sort();
}

/** Writes a made snapshot. */
function take(key: string, state = 'state'): (directory: string) => Promise<Snapshot> {
  return async (directory) => {
    writeFileSync(join(directory, 'state'), state);
    const index: SnapshotIndex = {
      key,
      machine: Machine.parse({
        name: 'made',
        firmware: { kind: 'bios', image: '/a/image' },
        boot: { kind: 'kernel', kernel: '/a/kernel' },
      }),
      accelerator: 'tcg',
      stage: 'ssh',
      arguments: [],
      tools: {},
      files: { state: { bytes: state.length, sha256: sha256(state) } },
      takenAt: '2026-01-01T00:00:00.000Z',
    };
    writeFileSync(snapshotIndexFile(directory), JSON.stringify(index));
    return { ...index, directory };
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('it is not there');
  return value;
}
