import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestStreams } from './digest-streams.ts';

const content = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, index) => index * 7 + 3));
const ALGORITHMS = ['sha1', 'sha256', 'sha384', 'sha512'];

let folder: string;
let path: string;

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  path = join(folder, 'data');
  await writeFile(path, content);
});

afterAll(() => rm(folder, { recursive: true }));

/** Streams, and their bytes. */
const STREAMS = [
  { runs: [], zeros: 0, bytes: Buffer.alloc(0) },
  { runs: [{ offset: 5, length: 600_000 }], zeros: 0, bytes: content.subarray(5, 600_005) },
  {
    runs: [
      { offset: 600_000, length: 100_001 },
      { offset: 0, length: 3 },
    ],
    zeros: 70_000,
    bytes: Buffer.concat([content.subarray(600_000), content.subarray(0, 3), Buffer.alloc(70_000)]),
  },
].map(({ bytes, ...stream }) => ({ bytes, stream: { what: 'test', ...stream } }));

const wanted = STREAMS.flatMap(({ stream, bytes }) =>
  ALGORITHMS.map((algorithm) => ({ stream, algorithm, bytes })),
);

describe('digests of streams of a file', () => {
  it.each([1, 2, 5, 30, undefined])('are those of their bytes, by %s threads', async (threads) => {
    const expected = wanted.map(({ algorithm, bytes }) =>
      createHash(algorithm).update(bytes).digest('hex'),
    );
    expect(await digestStreams(path, wanted, threads)).toEqual(expected);
  });

  it.each([1, 3])('have to be in the file, for %i threads', async (threads) => {
    const beyond = { what: 'test', runs: [{ offset: 700_000, length: 2 }], zeros: 0 };
    const several = ALGORITHMS.map((algorithm) => ({ stream: beyond, algorithm }));
    await expect(digestStreams(path, several, threads)).rejects.toThrow(
      `${path}: at 0xaae61: expected 1 bytes more, found `,
    );
  });

  it('may be none', async () => {
    expect(await digestStreams(path, [])).toEqual([]);
  });
});
