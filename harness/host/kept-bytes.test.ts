import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptBytes } from './kept-bytes.ts';

const KEY = 'a1b2';
const BYTES = Uint8Array.from({ length: 5000 }, (_, index) => index);

let parent: string;
let directory: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cvm-cache-'));
  directory = join(parent, 'kept');
});

afterEach(() => rmSync(parent, { recursive: true }));

describe('bytes that are kept', () => {
  it('are none at first', async () => {
    await expect(new KeptBytes(directory).get(KEY)).resolves.toBeUndefined();
  });

  it('are given back as they were put, in another run too, and nothing is left beside them', async () => {
    await new KeptBytes(directory).put(KEY, BYTES);
    const kept = await new KeptBytes(directory).get(KEY);
    expect(kept && Uint8Array.from(kept)).toEqual(BYTES);
    expect(readdirSync(directory)).toEqual([KEY]);
  });

  it('are whole where several put them at once', async () => {
    const runs = Array.from({ length: 8 }, () => new KeptBytes(directory));
    await Promise.all(runs.map((run) => run.put(KEY, BYTES)));
    const kept = await Promise.all(runs.map((run) => run.get(KEY)));
    expect(kept.map((bytes) => bytes?.length)).toEqual(runs.map(() => BYTES.length));
    expect(readdirSync(directory)).toEqual([KEY]);
  });

  it('are the newest where only so many are kept', async () => {
    const kept = new KeptBytes(directory, 2);
    for (const [age, key] of ['aa', 'bb', 'cc'].entries()) {
      await kept.put(key, BYTES);
      utimesSync(join(directory, key), age, age);
    }
    await kept.put('dd', BYTES);
    expect(readdirSync(directory).toSorted()).toEqual(['cc', 'dd']);
  });

  it.each([
    ['a changed byte', (file: Buffer) => file.fill(0xff, 100, 101)],
    ['a changed digest', (file: Buffer) => file.fill(0xff, 0, 1)],
    ['a shorter file', (file: Buffer) => file.subarray(0, -1)],
    ['an empty file', () => Buffer.alloc(0)],
  ])('are dropped where they are damaged: %s', async (_, damage) => {
    const kept = new KeptBytes(directory);
    await kept.put(KEY, BYTES);
    const path = join(directory, KEY);
    writeFileSync(path, damage(readFileSync(path)));
    await expect(kept.get(KEY)).resolves.toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });
});
