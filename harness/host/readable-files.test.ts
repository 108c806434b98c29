import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireReadable } from './readable-files.ts';

let folder: string;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
});
afterEach(() => rm(folder, { recursive: true }));

describe('files that tools are given', () => {
  it('are regular files', async () => {
    const file = join(folder, 'disk.raw');
    await writeFile(file, '');
    await expect(requireReadable([file])).resolves.toBeUndefined();
  });

  it('are there', async () => {
    const file = join(folder, 'none');
    await expect(requireReadable([file])).rejects.toThrow(`${file}: no such file`);
  });

  it('are no directory, FIFO or device, which a tool would read for ever', async () => {
    const [directory, fifo] = [join(folder, 'directory'), join(folder, 'fifo')];
    await mkdir(directory);
    await execa('mkfifo', [fifo]);
    const expected = 'expected a regular file, found';
    await expect(requireReadable([directory])).rejects.toThrow(`${expected} a directory`);
    await expect(requireReadable([fifo])).rejects.toThrow(`${expected} a FIFO`);
    await expect(requireReadable(['/dev/zero'])).rejects.toThrow(`${expected} a device`);
  });
});
