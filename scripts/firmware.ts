/**
 * The firmware builds of ovmf/manifest.json: Debian packages, fetched with the toolbox's apt (which
 * checks signatures) and unpacked aside, because the two generations cannot be installed together.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $, ProcessOutput } from 'zx';
import { giveUp, say, timed } from './say.ts';

type FirmwarePackage = {
  readonly generation: string;
  readonly suite: string;
  readonly package: string;
  readonly version: string;
};

type FirmwareFile = { readonly file: string; readonly sha256: string };
type FirmwareBuild = { readonly code: FirmwareFile; readonly vars: FirmwareFile | null };

const ROOT = join(import.meta.dirname, '..');
const FIRMWARE = join(ROOT, '.cache', 'firmware');

/**
 * Fetches and unpacks what the manifest names, and says aloud which file is not the one it describes.
 *
 * @param toolbox root directory of the toolbox
 */
export async function getFirmware(toolbox: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'ovmf', 'manifest.json'), 'utf8')) as {
    packages: FirmwarePackage[];
    builds: FirmwareBuild[];
  };
  const missing = manifest.packages.filter((wanted) => !existsSync(placeOf(wanted)));
  if (missing.length > 0) {
    await timed(`fetching firmware: ${missing.map((wanted) => wanted.package).join(', ')}`, () =>
      fetchPackages(toolbox, missing),
    );
  }
  const files = manifest.builds.flatMap(({ code, vars }) => (vars ? [code, vars] : [code]));
  for (const file of files) await checkDigest(file);
}

function placeOf({ generation, package: name, version }: FirmwarePackage): string {
  return join(FIRMWARE, generation, `${name}_${version}`);
}

async function fetchPackages(toolbox: string, packages: readonly FirmwarePackage[]): Promise<void> {
  const aside = join(FIRMWARE, 'new');
  await rm(aside, { recursive: true, force: true });
  for (const suite of new Set(packages.map((wanted) => wanted.suite))) {
    const ofSuite = packages.filter((wanted) => wanted.suite === suite);
    await fetchSuite(toolbox, join(aside, suite), suite, ofSuite);
  }
  await rm(aside, { recursive: true });
}

/** One suite has an apt directory of its own, so that the toolbox's stays as it is. */
async function fetchSuite(
  toolbox: string,
  apt: string,
  suite: string,
  packages: readonly FirmwarePackage[],
): Promise<void> {
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const mirror = /^deb (\S+)/m.exec(
    await readFile(join(toolbox, 'etc', 'apt', 'sources.list'), 'utf8'),
  )?.[1];
  await writeFile(join(apt, 'sources.list'), `deb ${mirror} ${suite} main\n`);
  const get = aptGet(toolbox, apt);
  try {
    await $({ cwd: apt })`${get} update`;
    await $({ cwd: apt })`${get} download ${packages.map((wanted) => wanted.package)}`;
  } catch (error) {
    if (!(error instanceof ProcessOutput)) throw error;
    const names = packages.map((wanted) => wanted.package).join(', ');
    giveUp(
      `could not fetch ${names} of Debian ${suite}: ${error.stderr.trim().split('\n').at(-1)}`,
    );
  }
  for (const wanted of packages) await unpack(toolbox, apt, wanted);
}

/** The Release file of a suite in development can be past its date on a mirror; signatures stay checked. */
function aptGet(toolbox: string, apt: string): string[] {
  const settings = {
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': join(apt, 'cache'),
    'Acquire::Check-Valid-Until': 'false',
    'APT::Sandbox::User': '',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return [...inToolbox(toolbox, apt), 'apt-get', '-qq', ...options];
}

function inToolbox(toolbox: string, writable: string): string[] {
  return [
    ...[
      'bwrap',
      ...['usr', 'etc', 'var'].flatMap((name) => ['--ro-bind', `${toolbox}/${name}`, `/${name}`]),
    ],
    ...['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
    ...['--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'],
    ...['--bind', writable, writable, '--chdir', writable, '--die-with-parent', '--'],
  ];
}

async function unpack(toolbox: string, apt: string, wanted: FirmwarePackage): Promise<void> {
  const archive = (await readdir(apt)).find((file) => file.startsWith(`${wanted.package}_`));
  if (archive === undefined) giveUp(`apt-get downloaded no ${wanted.package}`);
  const version = decodeURIComponent(archive.split('_')[1] ?? '');
  if (version !== wanted.version) {
    say(
      `${wanted.package} is ${version}, the manifest describes ${wanted.version}: recorded in every result`,
    );
  }
  const place = placeOf(wanted);
  await $`${inToolbox(toolbox, apt)} dpkg-deb -x ${archive} ${wanted.package}`;
  await mkdir(join(FIRMWARE, wanted.generation), { recursive: true });
  await rename(join(apt, wanted.package), place);
}

async function checkDigest(build: FirmwareFile): Promise<void> {
  const path = join(FIRMWARE, build.file);
  if (!existsSync(path)) {
    say(`${build.file} is not in its package any more: the manifest in ovmf/ needs an update`);
    return;
  }
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (found !== build.sha256) {
    say(`${build.file} is not the build of the manifest: expected ${build.sha256}, found ${found}`);
  }
}
