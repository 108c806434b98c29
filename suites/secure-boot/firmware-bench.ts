import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { bytesSource } from '../../harness/bytes/source.ts';
import { readVariableStore } from '../../harness/formats/efi-variable-store.ts';
import { type OvmfBuild, readOvmfBuild } from '../../harness/formats/ovmf-build.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { readShim, type Shim } from '../../harness/formats/shim.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { makeEspDisk } from '../../harness/images/esp-disk.ts';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import {
  makePkiStore,
  type StoreContent,
  type StoreContext,
  type StoreEntry,
} from '../../harness/images/pki-store.ts';
import { signedShim } from '../../harness/images/shim-disk.ts';
import { Machine } from '../../harness/machine/machine.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import { type DirectBootRequest, runDirectBoot } from '../../harness/vm/direct-boot-run.ts';
import { shareOf } from '../admission.ts';
import { ONE_BANK } from '../one-bank.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { microsoftCertificates } from './microsoft-certificates.ts';

const RETRIES = 2;

const NEWER = '2026.08';

/** What every run stands on; made once. */
export type BenchParts = {
  readonly pki: DistributionPki;
  readonly build: OvmfBuild;
  readonly shimFile: Uint8Array;
  readonly shim: Shim;
  /** The certificates by which the firmware trusts shim. */
  readonly microsoft: readonly StoreEntry[];
};

/** What differs from run to run. */
export type BenchMachine = Pick<Machine, 'name' | 'boot' | 'memoryMiB' | 'oemStrings'> & {
  /** What is enrolled in its variable store. */
  readonly content: StoreContent;
  /** Release of its firmware; the newer one where it is left out. */
  readonly generation?: FirmwareBuild['generation'];
};

/** Where firmware with Secure Boot is run: keys, shim, and machines with a variable store of their own. */
export class FirmwareBench implements AsyncDisposable {
  readonly stock: Stock;
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  #parts: Promise<BenchParts> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.stock = new Stock(setting.stock);
  }

  /** What tools are run with. */
  get context(): { readonly reaper: Reaper } {
    return { reaper: this.#reaper };
  }

  /** What variable stores are made with. */
  get storeContext(): StoreContext {
    return { ...this.context, toolbox: this.stock.toolbox, cache: this.#setting.cache };
  }

  /** @throws InfraError where OpenSSL fails */
  parts(): Promise<BenchParts> {
    this.#parts ??= this.#makeParts();
    return this.#parts;
  }

  /** Absolute path of the directory of a machine's files; it is there. */
  async directoryOf(name: string): Promise<string> {
    const directory = join(this.#setting.run, 'inputs', name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  /** Writes a file of a machine. */
  async keep(name: string, file: string, bytes: Uint8Array): Promise<string> {
    const path = join(await this.directoryOf(name), file);
    await writeFileAtomically(path, bytes);
    return path;
  }

  /**
   * A disk with an EFI system partition alone, for a machine to boot.
   *
   * @throws InfraError where systemd-repart fails
   */
  async espDisk(
    name: string,
    files: Readonly<Record<string, Uint8Array>>,
    sizeMiB: number,
  ): Promise<Machine['boot']> {
    const path = join(await this.directoryOf(name), 'disk.raw');
    await makeEspDisk(files, sizeMiB, path, this.stock.toolbox, this.context);
    return { kind: 'disk', path, format: 'raw' };
  }

  /**
   * A machine, and its variable store as the firmware will find it.
   *
   * @throws InfraError where virt-fw-vars fails
   */
  async machine({ content, generation = NEWER, ...rest }: BenchMachine) {
    const { code, vars } = this.stock.firmware(generation, 'secure-boot');
    if (vars === null) throw new TypeError('a firmware with Secure Boot has a variable store');
    const { pki } = await this.parts();
    const path = join(await this.directoryOf(rest.name), 'vars.fd');
    const files = { empty: vars.path, store: path };
    await makePkiStore(content, pki, files, this.storeContext);
    const firmware = { kind: 'pflash', code: code.path, vars: path, smm: true };
    const machine = Machine.parse({ ...rest, firmware, vcpus: 1, tpm: ONE_BANK });
    const bytes = new Uint8Array(await readFile(path));
    return { machine, store: readVariableStore(bytesSource(rest.name, bytes)) };
  }

  /**
   * Runs a machine until something is seen; one that is lost to the host is run again.
   *
   * @param byShim whether shim starts the kernel
   * @param requireWhole throws an InfraError where some of what was to be seen was lost on the way
   * @throws what {@link runDirectBoot} throws
   */
  async run(
    machine: Machine,
    until: Pick<DirectBootRequest, 'isOver' | 'until' | 'change' | 'storeAfter'>,
    byShim: boolean,
    signal: AbortSignal,
    requireWhole: (seen: SeenBoot) => void = () => undefined,
  ): Promise<SeenBoot> {
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    const request = {
      ...until,
      machine,
      shim: byShim ? signedShim(this.stock.toolbox) : undefined,
      directory: join(this.#setting.run, firmwareRunOf(machine.name)),
    };
    return await pRetry(
      async () => {
        const seen = await runDirectBoot(request, { ...this.#setting, ...this.context, signal });
        requireWhole(seen);
        return seen;
      },
      { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => error instanceof InfraError },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #makeParts(): Promise<BenchParts> {
    const { toolbox } = this.stock;
    const pki = await DistributionPki.open(this.#setting.cache, toolbox, this.context);
    const firmware = this.stock.firmware(NEWER, 'secure-boot');
    const code = new Uint8Array(await readFile(firmware.code.path));
    const shimFile = new Uint8Array(await readFile(signedShim(toolbox)));
    const source = bytesSource('shim', shimFile);
    const shim = readShim(source, readPe(source));
    if (shim === undefined) throw new TypeError('the toolbox has no shim');
    const build = readOvmfBuild(bytesSource('firmware', code));
    return { pki, build, shimFile, shim, microsoft: microsoftCertificates(shimFile) };
  }
}
