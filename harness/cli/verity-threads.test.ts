import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVerityThreads } from './verity-threads.ts';

let folder = '';
let large = '';
let small = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verity-threads-'));
  large = join(folder, 'large');
  small = join(folder, 'small');
  await writeFile(large, '');
  await truncate(large, 1 << 30);
  await writeFile(small, Buffer.alloc(4096));
});
afterAll(() => rm(folder, { recursive: true }));

describe('threads that are started before the command is loaded', () => {
  it('are there where a large file is hashed', async () => {
    await using threads = startVerityThreads(['verify', large, small, '--root', '00']);
    expect(threads).toBeDefined();
  });

  it('are not where none is', () => {
    for (const words of [
      ['root', small],
      ['root', '-'],
      ['root', join(folder, 'missing')],
      ['locate', large, small],
      ['--help'],
      [],
    ]) {
      expect(startVerityThreads(words)).toBeUndefined();
    }
  });
});
