import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
});
