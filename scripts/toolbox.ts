/**
 * The toolbox: a Debian root file system with QEMU, swtpm, mkosi and the rest, so that every host
 * runs the same versions. Made by mmdebstrap, entered with bubblewrap.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { $, ProcessOutput } from 'zx';
import { giveUp, timed } from './say.ts';

const HOST_PACKAGES = ['bubblewrap', 'debian-archive-keyring', 'mmdebstrap', 'uidmap'];
/** An ordinary user makes and enters the toolbox in a user namespace, with subordinate ids. */
const HOST_TOOLS =
  process.getuid?.() === 0 ? ['bwrap', 'mmdebstrap'] : ['bwrap', 'mmdebstrap', 'newuidmap'];
const ROOT = join(import.meta.dirname, '..');
const TOOLBOXES = join(ROOT, '.cache', 'toolbox');

/**
 * Makes the toolbox where its definition has changed or it is not there.
 *
 * @returns its root directory
 */
export async function getToolbox(): Promise<string> {
  const definition = await readFile(join(ROOT, 'scripts', 'toolbox.json'), 'utf8');
  const name = createHash('sha256').update(definition).digest('hex').slice(0, 16);
  const toolbox = join(TOOLBOXES, name);
  await getHostPackages();
  if (!existsSync(toolbox)) {
    const { suite, packages } = JSON.parse(definition) as { suite: string; packages: string[] };
    await timed(`making the toolbox: Debian ${suite} with QEMU, swtpm, mkosi`, () =>
      build(toolbox, suite, packages),
    );
  }
  await pointTo(name);
  await removeOthers(name);
  return toolbox;
}

/** Installs the few host packages that make and enter a toolbox. */
async function getHostPackages(): Promise<void> {
  const present = HOST_TOOLS.every((tool) =>
    (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, tool))),
  );
  if (present) return;
  if (!existsSync('/usr/bin/apt-get')) {
    giveUp(
      `this distribution has no apt-get: install ${HOST_PACKAGES.join(', ')} by its own means, ` +
        'or install QEMU >= 10, swtpm, ovmf, mkosi and tpm2-tools and use --tools host',
    );
  }
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
  await timed(`installing ${HOST_PACKAGES.join(', ')}`, async () => {
    try {
      await $`${apt} update`;
      await $`${apt} install -y --no-install-recommends ${HOST_PACKAGES}`;
    } catch (error) {
      if (!(error instanceof ProcessOutput)) throw error;
      giveUp(`could not install ${HOST_PACKAGES.join(', ')} with apt-get: ${lastLine(error)}`);
    }
  });
}

/** Builds aside and renames, so that an interruption leaves nothing half-made under the name. */
async function build(toolbox: string, suite: string, packages: readonly string[]): Promise<void> {
  const aside = `${toolbox}.new`;
  await mkdir(TOOLBOXES, { recursive: true });
  await removeTree(aside);
  try {
    await $`${AS_ROOT} mmdebstrap --mode=root --quiet --variant=apt --include=${packages.join(',')} ${WITHOUT_DOCUMENTATION} ${suite} ${aside}`;
  } catch (error) {
    if (!(error instanceof ProcessOutput)) throw error;
    const line = lastLine(error);
    giveUp(`could not make the toolbox from Debian's packages (${likelyCause(line)}): ${line}`);
  }
  await rename(aside, toolbox);
}

/** What is usually to blame; others are in docs/troubleshooting.md. */
function likelyCause(line: string): string {
  return /\/etc\/sub[ug]id/.test(line)
    ? 'this user has no subordinate ids: see docs/troubleshooting.md, or run as root once'
    : 'is a Debian mirror within reach?';
}

/** Makes an ordinary user root of a user namespace, in which the toolbox can be made and removed. */
const AS_ROOT =
  process.getuid?.() === 0
    ? []
    : [
        'unshare',
        '--map-root-user',
        '--map-auto',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--',
      ];

/** A third of the unpacking time goes into files that nobody reads in a toolbox. */
const WITHOUT_DOCUMENTATION = [
  '--dpkgopt=force-unsafe-io',
  ...['doc', 'info', 'locale', 'man'].map(
    (directory) => `--dpkgopt=path-exclude=/usr/share/${directory}/*`,
  ),
];

async function pointTo(name: string): Promise<void> {
  const aside = join(TOOLBOXES, 'current.new');
  await rm(aside, { force: true });
  await symlink(name, aside);
  await rename(aside, join(TOOLBOXES, 'current'));
}

async function removeOthers(name: string): Promise<void> {
  const others = (await readdir(TOOLBOXES)).filter(
    (entry) => entry !== name && entry !== 'current',
  );
  for (const other of others) await removeTree(join(TOOLBOXES, other));
}

async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  await $`${AS_ROOT} rm -rf -- ${path}`;
}

function lastLine(error: ProcessOutput): string {
  return error.stderr.trim().split('\n').at(-1) ?? `exit code ${error.exitCode}`;
}
