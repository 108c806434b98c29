import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCraftedDisk } from '../../harness/images/crafted-disk.ts';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import type { SecureBootKey } from '../../harness/images/image-keys.ts';
import { replaceBootFile } from '../../harness/images/replace-boot-file.ts';
import { ImageVariants } from '../../harness/images/variants.ts';
import type { DiskContext } from './disk-context.ts';
import type { SealedDisk, SealedStore } from './machines.ts';
import type { SealedUkis } from './sealed-ukis.ts';

/**
 * The variable stores.
 *
 * @throws InfraError where virt-fw-vars fails
 */
export async function makeSealedStores(
  { vars }: Pick<FirmwareBuild, 'vars'>,
  { image, tools, run }: Pick<DiskContext, 'image' | 'tools' | 'run'>,
): Promise<Readonly<Record<SealedStore, string>>> {
  if (vars === null) throw new TypeError('this firmware has no variable store');
  const variants = new ImageVariants(image, tools, run);
  return {
    enrolled: await variants.enrolled(vars),
    'other-db': await variants.enrolled(vars, ['db']),
    'secure-boot-off': vars.path,
  };
}

/**
 * Makes a copy of a disk that boots another UKI.
 *
 * @returns its path
 * @throws InfraError where mtools fail
 */
export async function makeDisk(
  name: string,
  { from, uki }: { readonly from: string; readonly uki: string },
  { directory, tools, run }: Pick<DiskContext, 'directory' | 'tools' | 'run'>,
): Promise<string> {
  const disk = join(directory, `${name}.raw`);
  await replaceBootFile(from, uki, disk, tools, run);
  return disk;
}

/** Disks that do not depend on what a boot leaves. */
export type EarlyDisk = Exclude<SealedDisk, 'other-cmdline'>;

type OtherDisks = {
  readonly disks: Readonly<Record<Exclude<EarlyDisk, 'genuine'>, string>>;
  /** Path of the initrd that somebody else has made. */
  readonly craftedInitrd: string;
};

/**
 * Makes copies of the genuine disk, with its volumes, that boot something else.
 *
 * @throws InfraError where a tool fails
 */
export async function makeOtherDisks(
  genuine: string,
  ukis: SealedUkis,
  context: DiskContext,
): Promise<OtherDisks> {
  const { image, directory, tools, run } = context;
  const release = { from: genuine, uki: ukis.otherRelease };
  const crafted = async (name: string, signer: SecureBootKey) => {
    const aside = join(directory, name);
    await mkdir(aside);
    const disk = join(aside, 'disk.raw');
    const from = { disk: genuine, uki: ukis.genuine, signer, keys: image.keys };
    return { disk, initrd: await makeCraftedDisk(from, disk, tools, run) };
  };
  const sameSigner = await crafted('crafted', 'db');
  const otherSigner = await crafted('crafted-other-signer', 'other');
  return {
    disks: {
      'other-release': await makeDisk('other-release', release, context),
      crafted: sameSigner.disk,
      'crafted-other-signer': otherSigner.disk,
    },
    craftedInitrd: sameSigner.initrd,
  };
}
