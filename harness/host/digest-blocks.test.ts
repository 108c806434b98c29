import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestFileBlocks } from './digest-blocks.ts';
import { DigestThreads } from './digest-threads.ts';

const BLOCK = 512;
/** More than three tasks of 4 MiB. */
const BLOCKS = 30_000;
const OFFSET = 1536;
const content = createHash('shake256', { outputLength: OFFSET + BLOCKS * BLOCK }).digest();
const hashing = {
  algorithm: 'sha256',
  blockBytes: BLOCK,
  salt: Buffer.from('salt'),
  saltPlace: 'before',
} as const;

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'digest-blocks-'));
  path = join(folder, 'data');
  await writeFile(path, content);
});
afterAll(() => rm(folder, { recursive: true }));

async function digests(blocks: number, threads?: number): Promise<Buffer> {
  const others = threads === undefined ? undefined : new DigestThreads(threads - 1);
  const pieces = digestFileBlocks({ path, offset: OFFSET, blocks }, hashing, others);
  return Buffer.concat(await Array.fromAsync(pieces));
}

describe('blocks of a file', () => {
  it('have the same digests however many threads hash them', async () => {
    const expected = Buffer.concat(
      Array.from({ length: BLOCKS }, (_, index) => {
        const start = OFFSET + index * BLOCK;
        return createHash('sha256')
          .update('salt')
          .update(content.subarray(start, start + BLOCK))
          .digest();
      }),
    );
    for (const threads of [1, 2, 3, 9, undefined]) {
      expect((await digests(BLOCKS, threads)).equals(expected)).toBe(true);
    }
  });

  it.each([1, 3])('have to be in the file, for %i threads', async (threads) => {
    await expect(digests(BLOCKS + 10_000, threads)).rejects.toThrow(
      expect.objectContaining({ name: 'FormatError', file: path }),
    );
  });

  it('need not all be asked for', async () => {
    const file = { path, offset: OFFSET, blocks: BLOCKS };
    const pieces = digestFileBlocks(file, hashing, new DigestThreads(2));
    expect((await pieces.next()).value).toHaveLength(((4 << 20) / BLOCK) * 32);
    await pieces.return();
  });
});
