import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageDefinition } from './definition.ts';
import { type ImageKeys, imageKeys } from './image-keys.ts';

/** File of a definition whose image is booted directly: the command line that it needs. */
export const CMDLINE = 'cmdline';

/** A built reference image: a directory below `.cache/images/`. */
export type ReferenceImage = DiskImage | DirectImage;

/** A disk with a UKI. */
export type DiskImage = Built & {
  readonly kind: 'disk';
  /** Raw disk image. */
  readonly disk: string;
  /** The UKI that lies on its ESP as `EFI/BOOT/BOOTX64.EFI`. */
  readonly uki: string;
};

/** A kernel and an initrd that is the whole system. */
export type DirectImage = Built & {
  readonly kind: 'kernel';
  readonly kernel: string;
  readonly initrd: string;
  /** File with the command line, ended by a line feed. */
  readonly cmdline: string;
};

type Built = {
  readonly name: string;
  readonly key: string;
  readonly directory: string;
  readonly keys: ImageKeys;
};

/** Where a definition's image lies, built or not. */
export function referenceImage(definition: ImageDefinition, images: string): ReferenceImage {
  const isDirect = existsSync(join(definition.directory, CMDLINE));
  return isDirect ? directImage(definition, images) : diskImage(definition, images);
}

/** Where the image of a definition without a command line lies, built or not. */
export function diskImage(definition: ImageDefinition, images: string): DiskImage {
  const { directory, ...built } = builtOf(definition, images);
  const file = (name: string) => join(directory, name);
  return { ...built, directory, kind: 'disk', disk: file('disk.raw'), uki: file('uki.efi') };
}

function directImage(definition: ImageDefinition, images: string): DirectImage {
  const { directory, ...built } = builtOf(definition, images);
  const file = (name: string) => join(directory, name);
  const files = { kernel: file('vmlinuz'), initrd: file('initrd'), cmdline: file(CMDLINE) };
  return { ...built, directory, kind: 'kernel', ...files };
}

function builtOf({ name, key }: ImageDefinition, images: string): Built {
  const directory = join(images, name, key);
  return { name, key, directory, keys: imageKeys(directory) };
}

/**
 * A reference image that is known to be a disk.
 *
 * @throws TypeError where it is not
 */
export function requireDisk(image: ReferenceImage): DiskImage {
  if (image.kind === 'disk') return image;
  throw new TypeError(`${image.name} has no disk`);
}

/**
 * A reference image that is known to be a kernel with an initrd.
 *
 * @throws TypeError where it is not
 */
export function requireDirect(image: ReferenceImage): DirectImage {
  if (image.kind === 'kernel') return image;
  throw new TypeError(`${image.name} is not booted directly`);
}

/** What an image is booted from, by what it is. */
export function filesOfImage(image: ReferenceImage): Readonly<Record<string, string>> {
  return image.kind === 'disk'
    ? { disk: image.disk, uki: image.uki }
    : { kernel: image.kernel, initrd: image.initrd, cmdline: image.cmdline };
}

/** Whether an image is built from its present definition. */
export function isBuilt(image: ReferenceImage): boolean {
  return existsSync(image.directory);
}
