import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256OfFile } from './sha256-of-file.ts';

/** What sha256sum of GNU coreutils says of 2 MiB of the letter a and one more. */
const LARGE = '16a429a1e5162fcf59e3079724763e9afafcef1e2c7f862571e9267b3d959113';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cvm-digest-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** The examples of FIPS 180-4 with SHA-256 (NIST, SHA256.pdf), and the digest of nothing. */
describe('the digest of a file', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('is SHA-256 of all of it', async (content, digest) => {
    const path = join(directory, 'file');
    writeFileSync(path, content);
    await expect(sha256OfFile(path)).resolves.toBe(digest);
  });

  it('is that of a file of several pieces, the last of which is not whole', async () => {
    const path = join(directory, 'large');
    writeFileSync(path, 'a'.repeat((2 << 20) + 1));
    const digests = await Promise.all([sha256OfFile(path), sha256OfFile(path)]);
    expect(digests).toEqual([LARGE, LARGE]);
  });
});
