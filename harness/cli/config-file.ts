import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { readYaml } from './config-yaml.ts';
import { checkConfig, type RunConfig } from './run-config.ts';

/** Where a configuration is looked for, unless `--config` names one. */
export const CONFIG_FILES = ['cvm.config.ts', 'cvm.config.yaml', 'cvm.config.yml'];

/**
 * The configuration of a run; its paths are made absolute, from the folder that it lies in.
 *
 * @param named what `--config` names
 * @param folder where one is looked for where none is named
 * @param ids of requirements that there are
 * @returns the defaults where there is none
 * @throws UsageError where there are several, or one says what makes no sense or names a file that is not
 *   there; FormatError where one is no YAML
 */
export async function readConfig(
  named: string | undefined,
  folder: string,
  ids: readonly string[],
): Promise<RunConfig> {
  const path = named ?? foundIn(folder);
  if (path === undefined) return checkConfig('the configuration', {}, ids);
  const value = path.endsWith('.ts') ? requireConfig(path) : await openYaml(path);
  const config = withAbsolutePaths(checkConfig(path, value ?? {}, ids), dirname(resolve(path)));
  requireFiles(path, config);
  return config;
}

/** What is not there is said at once, and not when the image was booted for it. */
function requireFiles(path: string, { initrd, ssh, certificates = [] }: RunConfig): void {
  const named = [
    ['initrd', initrd],
    ['ssh.key', ssh?.key],
    ['ssh.hostKey', ssh?.hostKey],
    ...certificates.map((file, place) => [`certificates.${place}`, file] as const),
  ] as const;
  for (const [key, file] of named) {
    if (file === undefined || isReadableFile(file)) continue;
    throw new UsageError(
      `${path}: ${key}: expected a file that can be read, found none at ${file}`,
    );
  }
}

function isReadableFile(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function foundIn(folder: string): string | undefined {
  const found = CONFIG_FILES.filter((name) => existsSync(join(folder, name)));
  if (found.length > 1) throw new UsageError(`${found.join(' and ')}: one of them, or --config`);
  return found[0] && join(folder, found[0]);
}

/** A program of the user's own, that is run as any that they name; Node.js strips its types. */
function requireConfig(path: string): unknown {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file`);
  const { default: config } = required(resolve(path), path);
  if (config !== undefined) return config;
  throw new UsageError(`${path}: expected a configuration as its default export, found none`);
}

function required(file: string, path: string): { readonly default?: unknown } {
  try {
    return createRequire(file)(file);
  } catch (error) {
    const [problem] = String(error instanceof Error ? error.message : error).split('\n');
    throw new UsageError(`${path}: ${problem}`);
  }
}

async function openYaml(path: string): Promise<unknown> {
  using source = await openSource(path);
  return readYaml(source);
}

/** What is no path and no file beside the configuration is the name of a reference image. */
function isFile(path: string, image: string): boolean {
  return image.includes('/') || existsSync(path);
}

function withAbsolutePaths(config: RunConfig, folder: string): RunConfig {
  const absolute = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  const { image, initrd, ssh, certificates } = config;
  return {
    ...config,
    ...(image !== undefined && isFile(absolute(image), image) && { image: absolute(image) }),
    ...(initrd !== undefined && { initrd: absolute(initrd) }),
    ...(ssh !== undefined && {
      ssh: {
        ...ssh,
        key: absolute(ssh.key),
        ...(ssh.hostKey !== undefined && { hostKey: absolute(ssh.hostKey) }),
      },
    }),
    ...(certificates !== undefined && {
      certificates: certificates.map(absolute) as [string, ...string[]],
    }),
  };
}
