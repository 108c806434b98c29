import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeEfiProgram, SECTION_FLAGS } from '../../harness/formats/efi-program.ts';
import { makeLoadOptionsProgram } from '../../harness/formats/load-options-program.ts';
import { witnessSections } from '../../harness/formats/trial-program.ts';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { unsignedSystemdBoot } from '../../harness/images/signed-systemd-boot.ts';
import { makeSmallUki } from '../../harness/images/small-uki.ts';
import type { FirmwareBench } from './firmware-bench.ts';
import { signedImage } from './signed-image.ts';
import { type StubCase, WORDS } from './stub-cases.ts';

/** Names of the addons beside the UKI. */
export const ADDONS = {
  signed: '10-signed.addon.efi',
  unsigned: '20-unsigned.addon.efi',
} as const;

/** What the firmware starts from a disk, and what shim starts. */
const BOOT_FILE = 'EFI/BOOT/BOOTX64.EFI';
const SECOND_STAGE = 'EFI/BOOT/grubx64.efi';

const UKI = 'EFI/Linux/uki.efi';

/** Programs that cases are put together from. */
export type StubImages = {
  /** Its kernel is a program that tells what it is started with. */
  readonly uki: Uint8Array;
  readonly kernel: Uint8Array;
  readonly systemdBoot: Uint8Array;
  readonly shim: Uint8Array;
  readonly addon: (word: string, isSigned: boolean) => Uint8Array;
};

/**
 * Makes the programs.
 *
 * @throws InfraError where ukify fails
 */
export async function makeStubImages(bench: FirmwareBench): Promise<StubImages> {
  const { pki, shimFile } = await bench.parts();
  const { toolbox } = bench.stock;
  const kernel = makeLoadOptionsProgram();
  const directory = await bench.directoryOf('stub');
  const parts = {
    kernel: await bench.keep('stub', 'kernel.efi', kernel),
    profileCmdline: WORDS.own,
    directory,
  };
  const uki = await makeSmallUki(parts, toolbox, bench.context);
  const loader = await readFile(unsignedSystemdBoot(toolbox));
  return {
    uki: signedImage(new Uint8Array(await readFile(uki)), pki, 'uki'),
    kernel: signedImage(kernel, pki, 'kernel'),
    systemdBoot: signedImage(new Uint8Array(loader), pki, 'kernel'),
    shim: shimFile,
    addon: (word, isSigned) => addonOf(word, isSigned ? pki : undefined),
  };
}

/** An addon is never started: it only holds a command line (systemd-stub(7)). */
function addonOf(word: string, pki: DistributionPki | undefined): Uint8Array {
  const data = Buffer.from(word);
  const sections = [
    ...witnessSections(),
    { name: '.cmdline', data, flags: SECTION_FLAGS.readOnly },
  ];
  const addon = makeEfiProgram(sections);
  return pki === undefined ? addon : signedImage(addon, pki, 'uki');
}

/** The files of a case's EFI system partition. */
export function espOf({ path, entry }: StubCase, images: StubImages) {
  const loader =
    path === 'shim'
      ? { [BOOT_FILE]: images.shim, [SECOND_STAGE]: images.systemdBoot }
      : { [BOOT_FILE]: images.systemdBoot };
  return { ...loader, ...(entry ? entryFiles(images) : ukiFiles(images)) };
}

/** A boot loader entry (UAPI.1, Type #1). */
function entryFiles({ kernel }: StubImages): Readonly<Record<string, Uint8Array>> {
  const text = `title kernel\nlinux /kernel.efi\noptions ${WORDS.entry}\n`;
  return { 'kernel.efi': kernel, 'loader/entries/kernel.conf': Buffer.from(text) };
}

function ukiFiles({ uki, addon }: StubImages): Readonly<Record<string, Uint8Array>> {
  const beside = (name: string) => join(`${UKI}.extra.d`, name);
  return {
    [UKI]: uki,
    [beside(ADDONS.signed)]: addon(WORDS.addon, true),
    [beside(ADDONS.unsigned)]: addon(WORDS.unsignedAddon, false),
    [beside('local.cred')]: Buffer.from('a credential of this UKI'),
    'loader/addons/global.addon.efi': addon(WORDS.globalAddon, true),
    'loader/credentials/global.cred': Buffer.from('a credential of every UKI'),
    'loader/loader.conf': Buffer.from('timeout 0\n'),
  };
}
