import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../host/errors.ts';
import { makeResultsDirectory } from './results-directory.ts';

describe('the directory of runs', () => {
  it('is made, with those above it', async () => {
    const { path, cleanup } = await dir({ unsafeCleanup: true });
    await makeResultsDirectory(join(path, 'a', 'b'));
    await makeResultsDirectory(join(path, 'a', 'b'));
    expect((await stat(join(path, 'a', 'b'))).isDirectory()).toBe(true);
    await cleanup();
  });

  it('is refused at once where it cannot be written', async () => {
    const { path, cleanup } = await dir({ unsafeCleanup: true });
    await writeFile(join(path, 'file'), '');
    for (const wrong of [join(path, 'file', 'below'), '/proc/results']) {
      const making = makeResultsDirectory(wrong);
      await expect(making).rejects.toBeInstanceOf(EnvironmentError);
      await expect(making).rejects.toThrow(
        /cannot be written \(E[A-Z]+\); name another directory with --results$/,
      );
    }
    await cleanup();
  });
});
