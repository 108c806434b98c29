import { lstat, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import { writeOutput } from './write-output.ts';

describe('what the user asked to have in a file', () => {
  const content = Buffer.from('content');

  it('is there afterwards', () =>
    withDir(
      async ({ path }) => {
        const file = join(path, 'table.bin');
        await writeOutput(file, content);
        expect(await readFile(file)).toEqual(content);
      },
      { unsafeCleanup: true },
    ));

  it('is refused where there can be no such file', () =>
    withDir(
      async ({ path }) => {
        const usageError = expect.objectContaining({ name: 'UsageError' });
        await expect(writeOutput(join(path, 'no', 'table.bin'), content)).rejects.toEqual(
          usageError,
        );
        await expect(writeOutput(path, content)).rejects.toEqual(usageError);
      },
      { unsafeCleanup: true },
    ));

  it('replaces the file behind a symbolic link, and keeps the link', () =>
    withDir(
      async ({ path }) => {
        const link = join(path, 'link');
        await writeFile(join(path, 'file'), 'old');
        await symlink('file', link);
        await writeOutput(link, content);
        expect((await lstat(link)).isSymbolicLink()).toBe(true);
        expect(await readFile(join(path, 'file'))).toEqual(content);
      },
      { unsafeCleanup: true },
    ));

  it('is written to a FIFO, which stays one', () =>
    withDir(
      async ({ path }) => {
        const fifo = join(path, 'fifo');
        await execa('mkfifo', [fifo]);
        await expect(writeOutput(fifo, content)).rejects.toThrow('nobody reads from');
        const read = readFile(fifo);
        // The reader is there once the open above it has returned.
        await expect.poll(() => writeOutput(fifo, content).then(() => 'written')).toBe('written');
        expect(await read).toEqual(content);
        expect((await lstat(fifo)).isFIFO()).toBe(true);
      },
      { unsafeCleanup: true },
    ));

  it('leaves a device what it is', async () => {
    await writeOutput('/dev/null', content);
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it('is told by its path where there is no room for it', async () => {
    await expect(writeOutput('/dev/full', content)).rejects.toEqual(
      expect.objectContaining({
        name: 'EnvironmentError',
        message: expect.stringMatching(/^\/dev\/full: there is no room/),
      }),
    );
  });
});
