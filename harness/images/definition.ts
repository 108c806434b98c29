import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../host/errors.ts';
import type { Tools } from '../host/tools.ts';

/** A reference image as it is defined: a folder of `vm-images/`. */
export type ImageDefinition = {
  readonly name: string;
  /** Absolute path of the folder. */
  readonly directory: string;
  /** Absolute path of the folder with what several images have in common. */
  readonly common: string;
  /** Absolute paths of the folders of images whose definitions it includes. */
  readonly bases: readonly string[];
  /** Digest of everything that the built image is made from. */
  readonly key: string;
};

/** What several images have in common: no image itself. */
const COMMON = 'common';

/** File of a definition that includes others': their names, a line each. */
const BASED_ON = 'based-on';

/** Counted up where the way in which images are built changes, so that cached ones are built again. */
const RECIPE = 3;

/**
 * Names of the reference images.
 *
 * @param definitions absolute path of `vm-images/`
 */
export async function imageNames(definitions: string): Promise<readonly string[]> {
  const entries = await readdir(definitions, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== COMMON)
    .map((entry) => entry.name)
    .sort();
}

/**
 * The names of the reference images, which have to have others among them.
 *
 * @param definitions absolute path of `vm-images/`
 * @param wanted names as the user gave them
 * @throws UsageError where there is no such image
 */
export async function requireImageNames(
  definitions: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const names = await imageNames(definitions);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return names;
  throw new UsageError(`no reference image ${unknown}; there are: ${names.join(', ')}`);
}

/**
 * Reads a definition and computes the key under which its image is cached: the content and mode of
 * its files, and the toolbox that builds it.
 *
 * @param definitions absolute path of `vm-images/`
 * @throws UsageError where there is no such image; EnvironmentError where `tools` is no toolbox
 */
export async function readDefinition(
  definitions: string,
  name: string,
  tools: Tools,
): Promise<ImageDefinition> {
  const names = await requireImageNames(definitions, [name]);
  const directory = join(definitions, name);
  const common = join(definitions, COMMON);
  const hash = createHash('sha256').update(`${RECIPE}\n${await packagesOf(tools)}\n`);
  const bases = (await namesOfBases(directory, names)).map((base) => join(definitions, base));
  for (const folder of [common, directory, ...bases]) hash.update(await describeFiles(folder));
  return { name, directory, common, bases, key: hash.digest('hex').slice(0, 16) };
}

async function namesOfBases(
  directory: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const path = join(directory, BASED_ON);
  if (!existsSync(path)) return [];
  const bases = (await readFile(path, 'utf8')).trim().split('\n');
  const unknown = bases.find((base) => !names.includes(base));
  if (unknown === undefined) return bases;
  throw new UsageError(`${path}: no reference image ${unknown}; there are: ${names.join(', ')}`);
}

/** Name, mode and digest of every file, a line each. */
async function describeFiles(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const file of await filesBelow(folder)) {
    const path = join(folder, file);
    const content = createHash('sha256').update(await readFile(path));
    lines.push(`${file}\0${(await stat(path)).mode}\0${content.digest('hex')}\n`);
  }
  return lines.join('');
}

/** Digest of the toolbox's package database: which version of each tool builds the image. */
async function packagesOf(tools: Tools): Promise<string> {
  if (tools.kind === 'host') {
    throw new EnvironmentError({
      missing: 'reference images are built with the toolbox',
      remedy: 'leave out --tools host once, or run cvm image build',
    });
  }
  return createHash('sha256')
    .update(await readFile(join(tools.root, 'var', 'lib', 'dpkg', 'status')))
    .digest('hex');
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
