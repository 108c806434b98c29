import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { bytesSource } from '../../harness/bytes/source.ts';
import { withoutSignatures } from '../../harness/formats/efi-program.ts';
import { type PeSection, readPe } from '../../harness/formats/pe.ts';
import { makeConductor } from '../../harness/formats/trial-program.ts';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { type AuthorityCell, isByShim, signerOf } from './authority-cells.ts';
import { signedImage } from './signed-image.ts';

/** What a cell boots. */
export type CellImage = {
  /** What QEMU is given as kernel. */
  readonly kernel: Uint8Array;
  /** What a boot loader in `kernel` has loaded; absent where there is none. */
  readonly loaded: Uint8Array | undefined;
  /** The attacker's; QEMU gives none to what is no Linux kernel. */
  readonly initrd: Uint8Array | undefined;
};

/** Nobody unpacks it: the boot is watched until the kernel is started. */
const INITRD_BYTES = 4096;

/** Makes what the cells boot from a genuine UKI. */
export class CellImages {
  readonly #pki: DistributionPki;
  readonly #uki: Uint8Array;
  readonly #initrd = randomBytes(INITRD_BYTES);

  private constructor(pki: DistributionPki, uki: Uint8Array) {
    this.#pki = pki;
    this.#uki = uki;
  }

  /** @param uki path of a UKI */
  static async open(pki: DistributionPki, uki: string): Promise<CellImages> {
    return new CellImages(pki, withoutSignatures(new Uint8Array(await readFile(uki))));
  }

  /** shim starts a kernel only by way of a boot loader: a kernel has no SBAT metadata of its own. */
  of(cell: AuthorityCell): CellImage {
    const signer = signerOf(cell);
    const image = signedImage(this.#unsigned(cell), this.#pki, signer);
    if (cell.payload !== 'kernel') return { kernel: image, loaded: undefined, initrd: undefined };
    if (!isByShim(cell)) return { kernel: image, loaded: undefined, initrd: this.#initrd };
    const loader = signedImage(makeConductor([image]), this.#pki, signer);
    return { kernel: loader, loaded: image, initrd: undefined };
  }

  #unsigned({ payload }: AuthorityCell): Uint8Array {
    switch (payload) {
      case 'uki-1':
        return this.#uki;
      case 'uki-2':
        return withOtherRelease(this.#uki);
      case 'kernel':
        return kernelIn(this.#uki);
    }
  }
}

/**
 * The kernel of a UKI, not signed.
 *
 * @param uki path of the UKI
 */
export async function kernelOf(uki: string): Promise<Uint8Array> {
  return kernelIn(new Uint8Array(await readFile(uki)));
}

function kernelIn(uki: Uint8Array): Uint8Array {
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
