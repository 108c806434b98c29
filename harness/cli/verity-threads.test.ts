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
    await using threads = await startVerityThreads([
      'verity',
      'verify',
      large,
      small,
      '--root',
      '00',
    ]);
    expect(threads).toBeDefined();
  });

  it('are not where none is', async () => {
    for (const words of [
      ['verity', 'root', small],
      ['verity', 'root', '-'],
      ['verity', 'root', join(folder, 'missing')],
      ['verity', 'locate', large, small],
      ['uki', 'root', large],
      ['verity', '--help'],
      [],
    ]) {
      expect(await startVerityThreads(words)).toBeUndefined();
    }
  });
});
