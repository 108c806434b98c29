import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findVerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { witnessKernel } from '../../harness/formats/witness-kernel.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { SecureBootKey } from '../../harness/images/image-keys.ts';
import type { ImageVariants } from '../../harness/images/variants.ts';
import { partitionUuids } from '../../harness/verity/partition-uuids.ts';
import { signaturePartition, usrPartitions } from './added-partitions.ts';
import { appendPartitions } from './append-partitions.ts';
import { COCO_BITS, placeOfCoco } from './changed-file.ts';
import { ChangeableDisk } from './disk-changes.ts';
import { type ChangeContext, toolboxShell } from './toolbox-shell.ts';

/** Counted up where the way in which disks are made changes, so that kept ones are made again. */
const RECIPE = 3;

/** A file that does the work of `roothash=` in an initrd (veritytab(5)). */
const VERITYTAB = 'etc/veritytab';

/** An archive of what lies in a folder. */
const PACK = 'cd "$1" && find . | sort | cpio -o -H newc --quiet > "$2"';

/** Disks that are made of the reference image's parts in other ways; each is kept beside the image. */
export class OtherDisks {
  readonly #variants: ImageVariants;
  readonly #context: ChangeContext;

  constructor(variants: ImageVariants, context: ChangeContext) {
    this.#variants = variants;
    this.#context = context;
  }

  /** Words behind the command line. */
  withWords(words: string): Promise<string> {
    return this.#variants.disk({ addToCmdline: words });
  }

  /** Another root hash for the partitions that there are, which are named by their UUIDs. */
  withRootHash(rootHash: (root: string) => string, words: string): Promise<string> {
    return this.#make({ kind: 'root hash', words }, async (copy) => {
      const { data, hash, root } = await partitionsOf(copy);
      const places = `systemd.verity_root_data=PARTUUID=${data.guid} systemd.verity_root_hash=PARTUUID=${hash.guid}`;
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${withoutRootHash(cmdline)} roothash=${rootHash(root ?? '')} ${places} ${words}`,
      }));
    });
  }

  /** The root without dm-verity. */
  withoutVerity(words: string): Promise<string> {
    return this.#make({ kind: 'without verity', words }, async (copy) => {
      const { data } = await partitionsOf(copy);
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${withoutRootHash(cmdline)} root=PARTUUID=${data.guid} ro ${words}`,
      }));
    });
  }

  /** The root hash in a file of the initrd instead of the command line. */
  rootHashInInitrd(words: string): Promise<string> {
    return this.#make({ kind: 'root hash in the initrd', words }, async (copy) => {
      const { data, hash, root } = await partitionsOf(copy);
      const table = `root PARTUUID=${data.guid} PARTUUID=${hash.guid} ${root}\n`;
      const moreInitrd = await this.#archive(dirname(copy), table);
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${withoutRootHash(cmdline)} root=/dev/mapper/root ${words}`,
        moreInitrd,
      }));
    });
  }

  /** CoCo made DoCo, the tree and the root hash made anew for it, and a UKI with that, which nobody signed. */
  recomputed(words: string): Promise<string> {
    return this.#make({ kind: 'recomputed', words }, async (copy) => {
      const root = await this.#recompute(copy);
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${withoutRootHash(cmdline)} roothash=${root} ${words}`.trimEnd(),
        unsigned: true,
      }));
    });
  }

  /** A file system of its own for /usr, under dm-verity, mounted over that of the root. */
  withUsr(words: string): Promise<string> {
    return this.#make({ kind: '/usr', words }, async (copy) => {
      const { original } = this.#variants;
      const { data } = await partitionsOf(copy);
      const made = await usrPartitions(original, data.offset, dirname(copy), this.#context);
      await appendPartitions(copy, made.partitions, this.#context);
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${cmdline} usrhash=${made.root} ${words}`,
      }));
    });
  }

  /** A third partition with a signature of the root hash, which the kernel is told to hold that against. */
  withSignature(signer: SecureBootKey, words: string): Promise<string> {
    return this.#make({ kind: 'signature partition', signer, words }, async (copy) => {
      const { root } = await partitionsOf(copy);
      const { keys } = this.#variants;
      const folder = dirname(copy);
      const made = await signaturePartition(root ?? '', signer, keys, folder, this.#context);
      await appendPartitions(copy, [made.partition], this.#context);
      const option = `systemd.verity_root_options=root-hash-signature=base64:${made.signature}`;
      await this.#variants.replaceUki(copy, (cmdline) => ({
        cmdline: `${cmdline} ${option} ${words}`,
      }));
    });
  }

  /** A kernel that says that it runs and does nothing else, with an initrd that is as small. */
  withWitnessKernel(): Promise<string> {
    return this.#make({ kind: 'witness kernel' }, async (copy) => {
      const folder = dirname(copy);
      const started = { linux: join(folder, 'witness.efi'), initrd: join(folder, 'witness.cpio') };
      await writeFile(started.linux, witnessKernel());
      await this.#archive(folder, 'witness\n', started.initrd);
      await this.#variants.replaceUki(copy, (cmdline) => ({ cmdline, started }));
    });
  }

  /** The kernel itself, with an initrd that is read and measured in no time. */
  withSmallInitrd(): Promise<string> {
    return this.#make({ kind: 'small initrd' }, async (copy) => {
      const initrd = await this.#archive(dirname(copy), 'witness\n');
      await this.#variants.replaceUki(copy, (cmdline) => ({ cmdline, started: { initrd } }));
    });
  }

  #make(recipe: object, change: (copy: string) => Promise<void>): Promise<string> {
    return this.#variants.changedDisk({ ...recipe, RECIPE }, change);
  }

  async #recompute(copy: string): Promise<string> {
    using original = await openSource(this.#variants.original);
    const partitions = findVerityPartitions(original);
    using disk = new ChangeableDisk(copy, original, partitions, this.#context);
    const root = disk.changeConsistently(placeOfCoco(original, partitions), COCO_BITS);
    await disk.setUuids(partitionUuids(root));
    return root;
  }

  async #archive(
    directory: string,
    veritytab: string,
    archive = join(directory, 'initrd.cpio'),
  ): Promise<string> {
    const folder = join(directory, 'initrd');
    await mkdir(dirname(join(folder, VERITYTAB)), { recursive: true, mode: 0o755 });
    await writeFile(join(folder, VERITYTAB), veritytab);
    await toolboxShell({ script: PACK, words: [folder, archive], directory }, this.#context);
    return archive;
  }
}

async function partitionsOf(path: string) {
  using disk = await openSource(path);
  const { data, hash, root } = findVerityPartitions(disk);
  return { data, hash, root };
}

function withoutRootHash(cmdline: string): string {
  return cmdline.replaceAll(/(?:^| )roothash=\S+/g, '').trim();
}
