import { readFile } from 'node:fs/promises';
import type { Machine } from '../machine/machine.ts';
import type { DirectImage, DiskImage, ReferenceImage } from './reference-image.ts';

/** What a machine boots that boots a reference image. */
export function bootOf(image: ReferenceImage): Promise<Machine['boot']> {
  return image.kind === 'disk' ? Promise.resolve(bootOfDisk(image)) : bootOfKernel(image);
}

function bootOfDisk({ disk }: DiskImage): Machine['boot'] {
  return { kind: 'disk', path: disk, format: 'raw' };
}

/** @returns kernel, initrd and command line, without the line feed that ends the file */
export async function bootOfKernel(
  image: DirectImage,
): Promise<Extract<Machine['boot'], { kind: 'kernel' }>> {
  const { kernel, initrd } = image;
  const cmdline = (await readFile(image.cmdline, 'utf8')).trimEnd();
  return { kind: 'kernel', kernel, initrd, cmdline };
}
