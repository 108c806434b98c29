import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import { openSource } from '../host/file-source.ts';
import type { ToolRun } from '../host/run-tool.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import type { Tools } from '../host/tools.ts';
import { writeEspFiles } from './esp-files.ts';
import type { FirmwareFile } from './firmware-build.ts';
import type { ImageKeys, SecureBootKey } from './image-keys.ts';
import { makeLoaderDisk } from './loader-disk.ts';
import { cmdlineOf, rebuildUki, type UkiChange } from './rebuild-uki.ts';
import type { DiskImage } from './reference-image.ts';
import { BOOT_FILE, replaceBootFile } from './replace-boot-file.ts';
import { resignUki } from './resign-uki.ts';
import { enrollSecureBoot } from './secure-boot-store.ts';
import { makeShimDisk, type SecondStage, signedShim } from './shim-disk.ts';
import { enrollForShim } from './shim-store.ts';

/**
 * How a variant's UKI differs from the image's own: in a word behind the command line, or in nothing
 * but who signed it.
 */
export type VariantChange =
  | { readonly addToCmdline: string }
  | { readonly signedBy: SecureBootKey };

/** A disk that boots by way of systemd-boot, signed like the UKI. */
export type LoaderBoot = {
  readonly bootPath: 'systemd-boot';
  /** Whether addon, credential and extensions lie beside the UKI. */
  readonly companions: boolean;
  /** A word behind the command line of a second profile, which loader.conf chooses. */
  readonly otherProfile?: string;
};

/** Certificates of `db` in a store where no others are asked for: the image's signer, and another one. */
const DB: readonly SecureBootKey[] = ['db', 'other'];

/** Counted up where variants are made in another way. */
const VERSION = 2;

/** Id of a UKI's second profile. */
const OTHER_PROFILE = 'other';

/** Variants of a reference image and variable stores with its keys, kept beside the image. */
export class ImageVariants {
  /** Who may log in to the image and its variants: user, and paths of private and public host key. */
  readonly access: { readonly user: string; readonly privateKey: string; readonly hostKey: string };
  readonly #image: DiskImage;
  readonly #tools: Tools;
  readonly #context: Omit<ToolRun, 'deadlineMs'>;

  constructor(image: DiskImage, tools: Tools, context: Omit<ToolRun, 'deadlineMs'>) {
    this.#image = image;
    this.#tools = tools;
    this.#context = context;
    const { sshKey, sshHostKey } = image.keys;
    this.access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
  }

  /** The image's own keys. */
  get keys(): ImageKeys {
    return this.#image.keys;
  }

  /** Path of the image's own disk. */
  get original(): string {
    return this.#image.disk;
  }

  /**
   * Path of a disk whose UKI differs.
   *
   * @throws InfraError where a tool fails
   */
  async disk(change: VariantChange): Promise<string> {
    const directory = await this.#cached('disk', change, async (aside) => {
      const uki = await this.#changedUki(change, aside);
      const context = this.#context;
      await replaceBootFile(this.#image.disk, uki, join(aside, 'disk.raw'), this.#tools, context);
    });
    return join(directory, 'disk.raw');
  }

  /**
   * Path of a variable store with the image's PK, KEK and db, Secure Boot on.
   *
   * @param empty the empty store that comes with a firmware build
   * @param db certificates of db, in this order
   * @throws InfraError where virt-fw-vars fails
   */
  async enrolled(empty: FirmwareFile, db: readonly SecureBootKey[] = DB): Promise<string> {
    const recipe = { empty: empty.sha256, db };
    const directory = await this.#cached('store', recipe, (aside) => {
      const store = join(aside, 'vars.fd');
      const enrollment = { empty: empty.path, store, keys: this.#image.keys, db };
      return enrollSecureBoot(enrollment, this.#tools, this.#context);
    });
    return join(directory, 'vars.fd');
  }

  /**
   * Path of a disk whose own UKI is booted by way of a shim that Microsoft signed.
   *
   * @throws InfraError where a tool fails
   */
  async shimDisk(secondStage: SecondStage): Promise<string> {
    const shim = signedShim(this.#tools);
    const recipe = { bootPath: 'shim', shim: await sha256OfFile(shim), secondStage };
    const directory = await this.#cached('disk', recipe, (aside) => {
      const { disk, uki, keys } = this.#image;
      const made = { disk, uki, shim, secondStage, keys };
      return makeShimDisk(made, join(aside, 'disk.raw'), this.#tools, this.#context);
    });
    return join(directory, 'disk.raw');
  }

  /**
   * Path of a variable store with Microsoft's certificates in db, and the image's signer in MokList.
   *
   * @param empty the empty store that comes with a firmware build
   * @param isSecureBoot whether Secure Boot is on
   * @throws InfraError where virt-fw-vars fails
   */
  async enrolledForShim(empty: FirmwareFile, isSecureBoot: boolean): Promise<string> {
    const recipe = { bootPath: 'shim', empty: empty.sha256, hasPlatformKey: isSecureBoot };
    const directory = await this.#cached('store', recipe, (aside) => {
      const { keys } = this.#image;
      const enrollment = { empty: empty.path, store: join(aside, 'vars.fd'), keys, isSecureBoot };
      return enrollForShim(enrollment, this.#tools, this.#context);
    });
    return join(directory, 'vars.fd');
  }

  /**
   * Path of a disk that boots by way of systemd-boot.
   *
   * @throws InfraError where a tool fails
   */
  async loaderDisk(boot: LoaderBoot): Promise<string> {
    const directory = await this.#cached('disk', boot, async (aside) => {
      const { disk, keys } = this.#image;
      const uki = await this.#withProfile(boot.otherProfile, aside);
      const conf = boot.otherProfile === undefined ? '' : `default *@${OTHER_PROFILE}\n`;
      const made = { disk, uki, conf, companions: boot.companions, keys };
      return makeLoaderDisk(made, join(aside, 'disk.raw'), this.#tools, this.#context);
    });
    return join(directory, 'disk.raw');
  }

  /**
   * Path of a copy of the image's disk that a suite changes.
   *
   * @param recipe all that the change depends on
   * @param change is given the copy's path; its folder holds what is made on the way, and is kept
   * @throws what `change` throws
   */
  async changedDisk(recipe: object, change: (copy: string) => Promise<void>): Promise<string> {
    const directory = await this.#cached('disk', recipe, async (aside) => {
      const copy = join(aside, 'disk.raw');
      await copyFile(this.#image.disk, copy, constants.COPYFILE_FICLONE);
      await change(copy);
    });
    return join(directory, 'disk.raw');
  }

  /**
   * Puts another UKI on a disk, made of the parts of the image's own.
   *
   * @param disk path of a copy of the image's disk, which is changed
   * @param changeOf what the new UKI differs in, made from the image's command line
   * @throws InfraError where a tool fails
   */
  async replaceUki(disk: string, changeOf: (cmdline: string) => UkiChange): Promise<void> {
    const { uki, keys } = this.#image;
    using source = await openSource(uki);
    const directory = join(dirname(disk), 'uki');
    const change = changeOf(cmdlineOf(source));
    const made = await rebuildUki(uki, change, directory, keys, this.#tools, this.#context);
    await writeEspFiles(
      disk,
      { files: [{ from: made, to: BOOT_FILE }] },
      this.#tools,
      this.#context,
    );
  }

  async #withProfile(word: string | undefined, aside: string): Promise<string> {
    const { uki, keys } = this.#image;
    if (word === undefined) return uki;
    using source = await openSource(uki);
    const cmdline = cmdlineOf(source);
    const otherProfile = { id: OTHER_PROFILE, cmdline: `${cmdline} ${word}` };
    const directory = join(aside, 'uki');
    return rebuildUki(uki, { cmdline, otherProfile }, directory, keys, this.#tools, this.#context);
  }

  async #changedUki(change: VariantChange, aside: string): Promise<string> {
    const { uki, keys } = this.#image;
    const directory = join(aside, 'uki');
    if ('signedBy' in change) {
      return resignUki(uki, change.signedBy, directory, keys, this.#tools, this.#context);
    }
    using source = await openSource(uki);
    const cmdline = `${cmdlineOf(source)} ${change.addToCmdline}`;
    return rebuildUki(uki, { cmdline }, directory, keys, this.#tools, this.#context);
  }

  /** Makes a directory, unless one of this recipe is there. */
  async #cached(
    kind: string,
    recipe: object,
    make: (aside: string) => Promise<void>,
  ): Promise<string> {
    const made = JSON.stringify([VERSION, recipe]);
    const key = createHash('sha256').update(made).digest('hex').slice(0, 12);
    const directory = join(this.#image.directory, 'variants', `${kind}-${key}`);
    if (existsSync(directory)) return directory;
    await makeDirectoryAside(directory, this.#context.reaper, make);
    return directory;
  }
}
