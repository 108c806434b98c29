import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Child } from '../host/child.ts';
import { waitFor } from '../host/deadline.ts';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import type { Reaper } from '../host/reaper.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { ImageDefinition } from './definition.ts';
import { certificatePath, type ImageKeys, makeImageKeys, privateKeyPath } from './image-keys.ts';
import { IMAGE_INDEX, removeUnused } from './image-use.ts';
import { CMDLINE, filesOfImage, type ReferenceImage, referenceImage } from './reference-image.ts';

/** What a build needs besides its definition. */
export type BuildContext = {
  readonly tools: Extract<Tools, { kind: 'toolbox' }>;
  readonly reaper: Reaper;
  /** Directory of all built images. */
  readonly images: string;
  /** Hears of each step as it begins. */
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/** A build takes about a minute; on a slow mirror much longer. */
const BUILD_MS = 1_200_000;

/**
 * Builds a reference image aside, and removes builds of it that nobody uses. Where another run has built
 * the same one meanwhile, that one stays, with its keys.
 *
 * @throws InfraError with the end of mkosi's log where the build fails
 */
export async function buildImage(
  definition: ImageDefinition,
  context: BuildContext,
): Promise<ReferenceImage> {
  const image = referenceImage(definition, context.images);
  await makeDirectoryAside(image.directory, context.reaper, async (aside) => {
    context.onStep(`image ${definition.name}: keys`);
    const built = referenceImage({ ...definition, key: basename(aside) }, context.images);
    await makeImageKeys(built.keys, context.tools, context);
    await runMkosi(definition, built, context);
    await rm(join(aside, 'work'), { recursive: true, force: true });
  });
  await removeUnused(image.directory);
  return image;
}

async function runMkosi(
  definition: ImageDefinition,
  image: ReferenceImage,
  context: BuildContext,
): Promise<void> {
  const work = join(image.directory, 'work');
  const output = join(work, 'output');
  await mkdir(output, { recursive: true });
  await layTrees(work, image.keys, context.tools);
  const args = [
    ...['--directory', definition.directory, '--output-directory', output],
    ...['--workspace-directory', work, '--sandbox-tree', `${work}/sandbox:/`],
    ...['--extra-tree', `${work}/extra:/`, '--secure-boot-key', privateKeyPath(image.keys, 'db')],
    ...['--secure-boot-certificate', certificatePath(image.keys, 'db'), 'build'],
  ];
  const command = toolCommand(context.tools, 'mkosi', args, {
    readable: [definition.directory, definition.common, ...definition.bases],
    writable: [image.directory],
    directory: work,
    network: true,
    asRoot: true,
  });
  const onLog = stepsOf(definition, context);
  await using child = await Child.start(command, context.reaper, undefined, onLog);
  const wait = { name: `mkosi build of ${definition.name}`, deadlineMs: BUILD_MS };
  const lastLines = () => child.lastLines;
  const exit = await waitFor({ ...wait, lastLines, signal: context.signal }, () => child.exit);
  if (exit.exitCode !== 0) throw child.failure(exit);
  await keepOutput(definition, output, image);
  await writeIndex(definition, image);
}

async function keepOutput(
  { name, directory }: ImageDefinition,
  output: string,
  image: ReferenceImage,
): Promise<void> {
  if (image.kind === 'disk') {
    await rename(join(output, `${name}.raw`), image.disk);
    await rename(join(output, `${name}.efi`), image.uki);
    return;
  }
  await rename(join(output, 'base.vmlinuz'), image.kernel);
  await rename(join(output, `${name}.cpio.zst`), image.initrd);
  await copyFile(join(directory, CMDLINE), image.cmdline);
}

/** The guest gets its SSH keys; mkosi gets the toolbox's own mirror. */
async function layTrees(work: string, keys: ImageKeys, tools: BuildContext['tools']) {
  const ssh = join(work, 'extra', 'etc', 'ssh');
  await mkdir(ssh, { recursive: true });
  await copyFile(keys.sshHostKey, join(ssh, 'ssh_host_ed25519_key'));
  await chmod(join(ssh, 'ssh_host_ed25519_key'), 0o600);
  await copyFile(`${keys.sshHostKey}.pub`, join(ssh, 'ssh_host_ed25519_key.pub'));
  await copyFile(`${keys.sshKey}.pub`, join(ssh, 'authorized_keys'));
  const apt = join(work, 'sandbox', 'etc', 'apt', 'sources.list.d');
  await mkdir(apt, { recursive: true });
  const sources = await readFile(join(tools.root, 'etc', 'apt', 'sources.list'), 'utf8');
  const [, mirror = '', suite = ''] = /^deb (\S+) (\S+)/m.exec(sources) ?? [];
  await writeFile(
    join(apt, 'mkosi.sources'),
    `Types: deb
URIs: ${mirror}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
  );
}

/** mkosi marks its steps with a bullet and indents those of an image. */
function stepsOf(definition: ImageDefinition, { onStep }: BuildContext) {
  return (chunk: Uint8Array) => {
    for (const [, step] of Buffer.from(chunk)
      .toString('utf8')
      .matchAll(/^‣ {1,2}(\S.*)$/gm)) {
      onStep(`image ${definition.name}: ${step}`);
    }
  };
}

async function writeIndex(definition: ImageDefinition, image: ReferenceImage): Promise<void> {
  const digests = await Promise.all(
    Object.entries(filesOfImage(image)).map(async ([name, path]) => {
      return [name, { sha256: await sha256OfFile(path) }] as const;
    }),
  );
  const index = {
    name: definition.name,
    key: definition.key,
    ...Object.fromEntries(digests),
  };
  await writeFile(join(image.directory, IMAGE_INDEX), `${JSON.stringify(index, null, 1)}\n`);
}
