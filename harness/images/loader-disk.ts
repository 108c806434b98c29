import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { copyWithEspFiles, type EspChanges } from './esp-files.ts';
import type { ImageKeys } from './image-keys.ts';
import { signedBy } from './rebuild-uki.ts';
import { BOOT_FILE } from './replace-boot-file.ts';
import { UKI_FOLDER } from './shim-disk.ts';
import { signSystemdBoot } from './signed-systemd-boot.ts';

const UKI = `${UKI_FOLDER}/uki.efi`;

/** Where systemd-stub looks for what belongs to a UKI (systemd-stub(7), FILES). */
const COMPANIONS = `${UKI}.extra.d`;

/** The addon's command line. */
export const ADDON_WORD = 'cvm.addon=1';

const UKIFY_MS = 60_000;

/** A disk that boots by way of systemd-boot, to be made from another one. */
export type LoaderDisk = {
  /** Path of the raw image that is copied. */
  readonly disk: string;
  /** Path of the UKI. */
  readonly uki: string;
  /** Content of loader.conf; none where it is empty. */
  readonly conf: string;
  /** Whether addon, credential, system and configuration extension lie beside the UKI. */
  readonly companions: boolean;
  readonly keys: ImageKeys;
};

type Files = EspChanges['files'];

/**
 * Makes a copy of a disk image that boots by way of systemd-boot, signed with the UKI's key.
 *
 * @param made what it is made from
 * @param copy path of the image to be made
 * @throws FormatError where the disk has no EFI system partition; InfraError where a tool fails
 */
export async function makeLoaderDisk(
  { disk, uki, conf, companions, keys }: LoaderDisk,
  copy: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const aside = dirname(copy);
  const loader = join(aside, 'systemd-boot.efi');
  await signSystemdBoot(keys, loader, tools, context);
  const beside = companions ? await makeCompanions(aside, keys, tools, context) : [];
  const folders = [...(companions ? [COMPANIONS] : []), ...(conf === '' ? [] : ['/loader'])];
  const files = [
    { from: loader, to: BOOT_FILE },
    { from: uki, to: UKI },
    ...(await confFile(conf, aside)),
    ...beside,
  ];
  const changes = { folders: [UKI_FOLDER, ...folders], files };
  await copyWithEspFiles(disk, changes, copy, tools, context);
}

async function confFile(conf: string, aside: string): Promise<Files> {
  if (conf === '') return [];
  const from = join(aside, 'loader.conf');
  await writeFile(from, conf);
  return [{ from, to: '/loader/loader.conf' }];
}

/** The stub measures them as they lie there, before anybody asks whether they are any good. */
async function makeCompanions(
  aside: string,
  keys: ImageKeys,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<Files> {
  const texts = {
    'cvm.cred': 'a credential',
    'cvm.sysext.raw': 'a system extension',
    'cvm.confext.raw': 'a configuration extension',
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(aside, name), text);
  const addon = 'cvm.addon.efi';
  const access = { readable: [keys.directory], directory: aside };
  const output = ['--output', join(aside, addon)];
  const args = ['build', '--cmdline', ADDON_WORD, ...signedBy(keys), ...output];
  const command = toolCommand(tools, 'ukify', args, access);
  await runTool(command, { ...context, deadlineMs: UKIFY_MS });
  return [addon, ...Object.keys(texts)].map((name) => ({
    from: join(aside, name),
    to: `${COMPANIONS}/${name}`,
  }));
}
