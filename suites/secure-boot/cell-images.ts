import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { bytesSource } from '../../harness/bytes/source.ts';
import { withoutSignatures } from '../../harness/formats/efi-program.ts';
import { type PeSection, readPe } from '../../harness/formats/pe.ts';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { type AuthorityCell, isByShim, signerOf } from './authority-cells.ts';
import { signedImage } from './signed-image.ts';

/** What a cell boots. */
export type CellImage = {
  /** Programs that are loaded one after the other, but shim. */
  readonly programs: readonly [Uint8Array, ...Uint8Array[]];
  /** The attacker's, for a kernel. */
  readonly initrd: Uint8Array | undefined;
  /** Files of a disk that is booted; absent where QEMU is given the first program as kernel. */
  readonly esp: Readonly<Record<string, Uint8Array>> | undefined;
};

/** What a crafted initrd is started with. */
export const CELL_COMMAND_LINE = 'quiet';

/** Nobody unpacks it: the boot is watched until the kernel is started. */
const INITRD_BYTES = 4096;

/** A boot loader entry (UAPI.1, Type #1). */
const ENTRY = `title crafted\nlinux /linux.efi\ninitrd /initrd\noptions ${CELL_COMMAND_LINE}\n`;

/** Boot loaders that a kernel is started by. */
export type LoaderPrograms = { readonly shim: Uint8Array; readonly systemdBoot: Uint8Array };

/** What the cells' images are made of. */
export type CellParts = {
  /** Path of a UKI, whose kernel may be any program: it is started, and not verified. */
  readonly uki: string;
  /** A genuine kernel, not signed. */
  readonly kernel: Uint8Array;
};

/** Makes what the cells boot. */
export class CellImages {
  readonly #pki: DistributionPki;
  readonly #uki: Uint8Array;
  readonly #kernel: Uint8Array;
  readonly #loader: Pick<LoaderPrograms, 'shim' | 'systemdBoot'>;
  readonly #initrd = randomBytes(INITRD_BYTES);

  private constructor(
    pki: DistributionPki,
    uki: Uint8Array,
    kernel: Uint8Array,
    loader: LoaderPrograms,
  ) {
    this.#pki = pki;
    this.#uki = uki;
    this.#kernel = kernel;
    this.#loader = loader;
  }

  /** @param loader not signed */
  static async open(
    pki: DistributionPki,
    { uki, kernel }: CellParts,
    loader: LoaderPrograms,
  ): Promise<CellImages> {
    const unsigned = withoutSignatures(new Uint8Array(await readFile(uki)));
    return new CellImages(pki, unsigned, kernel, loader);
  }

  /** shim starts a kernel only by way of a boot loader: a kernel has no SBAT metadata of its own. */
  of(cell: AuthorityCell): CellImage {
    const signer = signerOf(cell);
    const image = signedImage(this.#unsigned(cell), this.#pki, signer);
    const initrd = cell.payload === 'kernel' ? this.#initrd : undefined;
    if (initrd === undefined || !isByShim(cell)) {
      return { programs: [image], initrd, esp: undefined };
    }
    const loader = signedImage(this.#loader.systemdBoot, this.#pki, signer);
    const esp = {
      'EFI/BOOT/BOOTX64.EFI': this.#loader.shim,
      'EFI/BOOT/grubx64.efi': loader,
      'linux.efi': image,
      initrd,
      'loader/entries/crafted.conf': Buffer.from(ENTRY),
    };
    return { programs: [loader, image], initrd, esp };
  }

  #unsigned({ payload }: AuthorityCell): Uint8Array {
    switch (payload) {
      case 'uki-1':
        return this.#uki;
      case 'uki-2':
        return withOtherRelease(this.#uki);
      case 'kernel':
        return this.#kernel;
    }
  }
}

/**
 * The kernel of a UKI, not signed.
 *
 * @param path of the UKI
 */
export async function kernelOf(path: string): Promise<Uint8Array> {
  const uki = new Uint8Array(await readFile(path));
  const { rawOffset, virtualSize } = sectionOf(uki, '.linux');
  return withoutSignatures(uki.subarray(rawOffset, rawOffset + virtualSize));
}

/** The next version of a UKI: another digit in its os-release. */
function withOtherRelease(uki: Uint8Array): Uint8Array {
  const { rawOffset, virtualSize } = sectionOf(uki, '.osrel');
  const copy = Buffer.from(uki);
  const release = copy.subarray(rawOffset, rawOffset + virtualSize);
  const at = release.findIndex((byte) => byte >= 0x30 && byte < 0x39);
  if (at < 0) throw new TypeError('the UKI’s os-release has no number');
  release[at] = (release[at] ?? 0) + 1;
  return copy;
}

function sectionOf(uki: Uint8Array, name: string): PeSection {
  const found = readPe(bytesSource('UKI', uki)).sections.find((section) => section.name === name);
  if (found !== undefined) return found;
  throw new TypeError(`the UKI has no ${name}`);
}
