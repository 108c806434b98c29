import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageDefinition } from './definition.ts';
import { type ImageKeys, imageKeys } from './image-keys.ts';

/** A built reference image: a directory below `.cache/images/`. */
export type ReferenceImage = {
  readonly name: string;
  readonly key: string;
  readonly directory: string;
  /** Raw disk image. */
  readonly disk: string;
  /** The UKI that lies on its ESP as `EFI/BOOT/BOOTX64.EFI`. */
  readonly uki: string;
  readonly keys: ImageKeys;
};

/** Where a definition's image lies, built or not. */
export function referenceImage(definition: ImageDefinition, images: string): ReferenceImage {
  const directory = join(images, definition.name, definition.key);
  return {
    name: definition.name,
    key: definition.key,
    directory,
    disk: join(directory, 'disk.raw'),
    uki: join(directory, 'uki.efi'),
    keys: imageKeys(directory),
  };
}

/** Whether an image is built from its present definition. */
export function isBuilt(image: ReferenceImage): boolean {
  return existsSync(image.directory);
}
