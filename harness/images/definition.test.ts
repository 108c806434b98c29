import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnvironmentError, UsageError } from '../host/errors.ts';
import { imageNames, readDefinition } from './definition.ts';

let folder: string;
const at = (...names: readonly string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  await mkdir(at('images', 'b', 'extra'), { recursive: true });
  await mkdir(at('images', 'a'));
  await mkdir(at('images', 'common'));
  await writeFile(at('images', 'README.md'), 'no image');
  await writeFile(at('images', 'a', 'mkosi.conf'), 'a');
  await writeFile(at('images', 'a', 'mkosi.build'), 'a', { mode: 0o644 });
  await mkdir(at('toolbox', 'var', 'lib', 'dpkg'), { recursive: true });
  await writeFile(at('toolbox', 'var', 'lib', 'dpkg', 'status'), 'Package: mkosi');
});

afterEach(() => rm(folder, { recursive: true }));

async function keyOf(name: string): Promise<string> {
  const tools = { kind: 'toolbox', root: at('toolbox') } as const;
  return (await readDefinition(at('images'), name, tools)).key;
}

describe('the definitions of images', () => {
  it('are the folders', async () => {
    expect(await imageNames(at('images'))).toEqual(['a', 'b']);
  });

  it.each([
    ['a file', () => writeFile(at('images', 'a', 'mkosi.conf'), 'b')],
    ['a mode', () => chmod(at('images', 'a', 'mkosi.build'), 0o755)],
    ['what images have in common', () => writeFile(at('images', 'common', 'units.sh'), '')],
    ['a name', () => writeFile(at('images', 'a', 'more'), '')],
    ['a tool', () => writeFile(at('toolbox', 'var', 'lib', 'dpkg', 'status'), 'Package: qemu')],
  ])('have another key where %s changes', async (_, change) => {
    const before = await keyOf('a');
    expect(await keyOf('a')).toBe(before);
    await change();
    expect(await keyOf('a')).not.toBe(before);
  });

  it('have another key where one changes that they are based on', async () => {
    await writeFile(at('images', 'b', 'based-on'), 'a\n');
    const before = await keyOf('b');
    await writeFile(at('images', 'a', 'mkosi.conf'), 'b');
    expect(await keyOf('b')).not.toBe(before);
  });

  it('are based on nothing that is no image', async () => {
    await writeFile(at('images', 'b', 'based-on'), '../common\n');
    await expect(keyOf('b')).rejects.toThrow('no reference image ../common; there are: a, b');
  });

  it.each(['c', '..', '', 'README.md', 'a/../b'])('have no %j', async (name) => {
    await expect(keyOf(name)).rejects.toBeInstanceOf(UsageError);
    await expect(keyOf(name)).rejects.toThrow('there are: a, b');
  });

  it('need the toolbox', async () => {
    const read = readDefinition(at('images'), 'a', { kind: 'host' });
    await expect(read).rejects.toBeInstanceOf(EnvironmentError);
  });
});
