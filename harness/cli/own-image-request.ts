import { basename, resolve } from 'node:path';
import type { ImageRequest } from '../../suites/own-image/own-image.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { imageNames } from '../images/definition.ts';
import type { HostSession } from './host-session.ts';
import { builtImage } from './image.ts';
import type { RunConfig } from './run-config.ts';
import { setUp } from './set-up.ts';
import { WORKSPACE } from './workspace.ts';

/** An image that somebody wants judged, and what they call it. */
export type NamedRequest = ImageRequest & { readonly name: string };

/** What the command line says of one image. */
export type ImageFlags = {
  readonly [K in 'image' | 'initrd' | 'cmdline' | 'firmware']?: string | undefined;
};

/**
 * Puts together what the command line and the configuration say of an image; where both do, the former counts. A
 * reference image that is named is built where it is not there.
 *
 * @throws UsageError where no image is named, or a file is not there; InfraError where a build fails
 */
export async function ownImageRequest(
  flags: ImageFlags,
  config: RunConfig,
  session: HostSession,
): Promise<NamedRequest> {
  const named = flags.image ?? config.image;
  if (named === undefined)
    throw new UsageError('the configuration names no image, nor does --image');
  const { ssh, certificates } = config;
  const boot = { ...config.boot, ...(flags.firmware && { firmware: flags.firmware }) };
  const about = { boot, ...(ssh && { ssh }), ...(certificates && { certificates }) };
  const names = await imageNames(WORKSPACE.definitions);
  if (names.includes(named)) return referenceRequest(named, about, session);
  const initrd = flags.initrd ?? config.initrd;
  // What is not there is refused before anything is prepared.
  for (const path of [named, initrd]) {
    if (path !== undefined) (await openSource(path))[Symbol.dispose]();
  }
  return {
    ...about,
    name: basename(named),
    image: resolve(named),
    initrd: initrd && resolve(initrd),
    cmdline: flags.cmdline ?? config.cmdline,
  };
}

/** A reference image comes with its keys. */
async function referenceRequest(
  name: string,
  about: Pick<ImageRequest, 'boot' | 'ssh' | 'certificates'>,
  session: HostSession,
): Promise<NamedRequest> {
  await setUp(session);
  const image = await builtImage(name, session);
  const { sshKey: key, sshHostKey } = image.keys;
  const ssh = about.ssh ?? { user: 'root', key, hostKey: `${sshHostKey}.pub` };
  if (image.kind === 'disk') return { ...about, name, ssh, image: image.disk };
  const { bootOfKernel } = await import('../images/boot-of.ts');
  const { kernel, initrd, cmdline } = await bootOfKernel(image);
  return { ...about, name, ssh, image: kernel, initrd, cmdline };
}
