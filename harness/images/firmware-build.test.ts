import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { EnvironmentError } from '../host/errors.ts';
import { firmwareBuilds } from './firmware-build.ts';

// SHA-256 of "abc": FIPS 180-2, B.1.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  await writeFile(at('CODE.fd'), 'abc');
  await writeFile(at('VARS.fd'), 'abd');
});

afterEach(() => rm(folder, { recursive: true }));

async function builds(manifest: unknown) {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  await writeFile(at('manifest.json'), text);
  return firmwareBuilds(at('manifest.json'), folder);
}

const BUILD = {
  generation: '2025.02',
  variant: 'plain',
  code: { file: 'CODE.fd', sha256: ABC },
  vars: { file: 'VARS.fd', sha256: ABC },
};

describe('firmware builds', () => {
  it('are those of the manifest, and tell where a file is another one', async () => {
    expect(await builds({ packages: [], builds: [BUILD, { ...BUILD, vars: null }] })).toEqual([
      {
        generation: '2025.02',
        variant: 'plain',
        code: { path: at('CODE.fd'), file: 'CODE.fd', sha256: ABC, expectedSha256: ABC },
        vars: {
          path: at('VARS.fd'),
          file: 'VARS.fd',
          sha256: expect.not.stringContaining(ABC),
          expectedSha256: ABC,
        },
      },
      expect.objectContaining({ vars: null }),
    ]);
  });

  it('are missed with the way to get them', async () => {
    await rm(at('CODE.fd'));
    const missing = builds({ packages: [], builds: [BUILD] });
    await expect(missing).rejects.toBeInstanceOf(EnvironmentError);
    await expect(missing).rejects.toThrow('firmware CODE.fd is not there; run scripts/setup');
  });

  it.each(['', '{', '[]', { packages: [], builds: [{ ...BUILD, variant: 'other' }] }])(
    'are refused where the manifest is %j',
    async (manifest) => {
      await expect(builds(manifest)).rejects.toBeInstanceOf(FormatError);
      await expect(builds(manifest)).rejects.toThrow('expected a firmware manifest');
    },
  );
});
