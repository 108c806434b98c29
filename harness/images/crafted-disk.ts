import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSource } from '../host/file-source.ts';
import type { ToolRun } from '../host/run-tool.ts';
import type { Tools } from '../host/tools.ts';
import { copyWithEspFiles } from './esp-files.ts';
import type { ImageKeys, SecureBootKey } from './image-keys.ts';
import { cmdlineOf } from './rebuild-uki.ts';
import { BOOT_FILE } from './replace-boot-file.ts';
import { sbsign } from './sbsign.ts';
import { signSystemdBoot } from './signed-systemd-boot.ts';
import { writeSection } from './uki-section.ts';

/** A disk that boots a UKI's kernel by itself, with an initrd that nobody has signed. */
export type CraftedDisk = {
  /** Path of the raw image that is copied. */
  readonly disk: string;
  /** Path of the UKI whose kernel and command line are taken. */
  readonly uki: string;
  /** Whose key signs the boot loader and the kernel. */
  readonly signer: SecureBootKey;
  readonly keys: ImageKeys;
};

/**
 * Makes a copy of a disk image that boots a signed kernel alone: Secure Boot asks who signed what is
 * executed, and nobody asks about the initrd. The initrd is that of the UKI with a file in front of it that
 * the UKI's has not.
 *
 * @param copy path of the image to be made
 * @returns path of the initrd
 * @throws FormatError where the disk has no EFI system partition, or the UKI no kernel; InfraError where a
 *   tool fails
 */
export async function makeCraftedDisk(
  { disk, uki, signer, keys }: CraftedDisk,
  copy: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<string> {
  const directory = dirname(copy);
  const file = (name: string) => join(directory, name);
  using source = await openSource(uki);
  await writeSection(source, '.linux', file('linux'));
  await writeSection(source, '.initrd', file('uki-initrd'));
  const initrd = file('initrd');
  await writeFile(initrd, Buffer.concat([CRAFTED, await readFile(file('uki-initrd'))]));
  await writeFile(file('entry.conf'), entryOf(cmdlineOf(source)));
  await signSystemdBoot(keys, file('loader.efi'), tools, context, signer);
  const kernel = { program: file('linux'), signed: file('linux.efi') };
  await sbsign(kernel, keys, signer, tools, context);
  const changes = {
    folders: ['/loader', '/loader/entries'],
    files: [
      { from: file('loader.efi'), to: BOOT_FILE },
      { from: file('linux.efi'), to: '/linux.efi' },
      { from: initrd, to: '/initrd' },
      { from: file('entry.conf'), to: '/loader/entries/crafted.conf' },
    ],
  };
  await copyWithEspFiles(disk, changes, copy, tools, context);
  return initrd;
}

/** A boot loader entry (UAPI.1, Type #1). */
function entryOf(cmdline: string): string {
  return `title crafted\nlinux /linux.efi\ninitrd /initrd\noptions ${cmdline}\n`;
}

/** A file of an initrd (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
const CRAFTED = archiveOf('cvm-crafted', 'not from the UKI\n');

function archiveOf(name: string, text: string): Buffer {
  return Buffer.concat([member(1, 0o100644, name, text), member(0, 0, 'TRAILER!!!', '')]);
}

function member(inode: number, mode: number, name: string, text: string): Buffer {
  const words = [inode, mode, 0, 0, 1, 0, text.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([padded(`070701${header}${name}\0`), padded(text)]);
}

function padded(text: string): Buffer {
  return Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4, '\0'), 'latin1');
}
