import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../harness/host/atomic-file.ts';
import type { Tools } from '../harness/host/tools.ts';
import type { FirmwareBuild, FirmwareVariant } from '../harness/images/firmware-build.ts';
import {
  type DirectImage,
  type DiskImage,
  type ReferenceImage,
  requireDirect,
  requireDisk,
} from '../harness/images/reference-image.ts';

/** What is there before a suite begins: plain data, because it crosses into the suites' worker. */
export type StockList = {
  /** The built images of the suites, by name. */
  readonly images: Readonly<Record<string, ReferenceImage>>;
  /** The builds that this host has. */
  readonly firmware: readonly FirmwareBuild[];
  /** Variants of images are made with its tools, whichever run the VM. */
  readonly toolbox: Extract<Tools, { kind: 'toolbox' }>;
  /** Absolute path of the directory that keeps what a machine is given and no image has. */
  readonly inputs: string;
};

/** What machines are made from: images, firmware builds, and a directory for what is made. */
export class Stock {
  readonly #list: StockList;

  constructor(list: StockList) {
    this.#list = list;
  }

  get toolbox(): StockList['toolbox'] {
    return this.#list.toolbox;
  }

  /** @throws TypeError where the run has no such image */
  disk(name: string): DiskImage {
    return requireDisk(this.#image(name));
  }

  /** @throws TypeError where the run has no such image */
  direct(name: string): DirectImage {
    return requireDirect(this.#image(name));
  }

  /** @throws TypeError where this host has no such build */
  firmware(generation: FirmwareBuild['generation'], variant: FirmwareVariant): FirmwareBuild {
    const found = this.#list.firmware.find(
      (build) => build.generation === generation && build.variant === variant,
    );
    if (found !== undefined) return found;
    throw new TypeError(`no ${variant} build of OVMF ${generation}`);
  }

  /**
   * Writes a file that a machine is given and no image has.
   *
   * @returns its absolute path
   */
  async keepInput(name: string, content: Uint8Array): Promise<string> {
    const { inputs } = this.#list;
    await mkdir(inputs, { recursive: true, mode: 0o700 });
    const path = join(inputs, name);
    await writeFileAtomically(path, content);
    return path;
  }

  #image(name: string): ReferenceImage {
    const found = this.#list.images[name];
    if (found !== undefined) return found;
    throw new TypeError(`no image ${name}; there are ${Object.keys(this.#list.images)}`);
  }
}
