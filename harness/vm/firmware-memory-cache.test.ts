import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FirmwareMemoryCache } from './firmware-memory-cache.ts';

const KEY = 'a1b2';
const MEMORY = Uint8Array.from({ length: 5000 }, (_, index) => index);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cvm-cache-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function entries(): readonly string[] {
  return readdirSync(join(directory, 'firmware-memory'));
}

describe("the cache of firmwares' memory", () => {
  it('holds nothing at first', async () => {
    const cache = new FirmwareMemoryCache(directory);
    await expect(cache.get(KEY, MEMORY.length)).resolves.toBeUndefined();
  });

  it('gives back what was put, in another run too, and leaves nothing beside it', async () => {
    await new FirmwareMemoryCache(directory).put(KEY, MEMORY);
    const kept = await new FirmwareMemoryCache(directory).get(KEY, MEMORY.length);
    expect(kept && Uint8Array.from(kept)).toEqual(MEMORY);
    expect(entries()).toEqual([KEY]);
  });

  it.each([
    ['a changed byte', (file: Buffer) => file.fill(0xff, 100, 101)],
    ['a changed digest', (file: Buffer) => file.fill(0xff, 0, 1)],
    ['a shorter file', (file: Buffer) => file.subarray(0, -1)],
    ['an empty file', () => Buffer.alloc(0)],
  ])('drops what is damaged: %s', async (_, damage) => {
    const cache = new FirmwareMemoryCache(directory);
    await cache.put(KEY, MEMORY);
    const path = join(directory, 'firmware-memory', KEY);
    writeFileSync(path, damage(readFileSync(path)));
    await expect(cache.get(KEY, MEMORY.length)).resolves.toBeUndefined();
    expect(entries()).toEqual([]);
  });

  it('drops what is of another size than the volume', async () => {
    const cache = new FirmwareMemoryCache(directory);
    await cache.put(KEY, MEMORY);
    await expect(cache.get(KEY, MEMORY.length + 1)).resolves.toBeUndefined();
    expect(entries()).toEqual([]);
  });
});
