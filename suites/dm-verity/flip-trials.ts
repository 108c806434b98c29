import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import type { SampleSize } from '../../harness/coverage/try-sample.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { FlipReport } from '../../harness/judge/judge-flips.ts';
import { Machine } from '../../harness/machine/machine.ts';
import type { FirmwareRunContext } from '../../harness/vm/firmware-run-context.ts';
import { shareOf } from '../admission.ts';
import { IMAGES } from '../images.ts';
import { ONE_BANK } from '../one-bank.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { Workshop } from '../workshop.ts';
import { diskBench, kernelBench } from './disk-benches.ts';
import { codeBench, variablesBench } from './firmware-benches.ts';
import type { FlipFiles, OpenBench } from './flip-files.ts';
import { OtherDisks } from './other-disks.ts';
import { tryFlips } from './try-flips.ts';

/** What is flipped, by the name that its folder has; what the kernel measures needs a kernel that does. */
const FLIPPED = {
  'flipped-disk': { secureBoot: false, bench: diskBench, disk: 'withWitnessKernel' },
  'flipped-signed-disk': { secureBoot: true, bench: diskBench, disk: 'withWitnessKernel' },
  'flipped-initrd': { secureBoot: false, bench: kernelBench, disk: 'withSmallInitrd' },
  'flipped-firmware': { secureBoot: false, bench: codeBench, disk: 'withWitnessKernel' },
  'flipped-variables': { secureBoot: true, bench: variablesBench, disk: 'withWitnessKernel' },
} as const;

export type FlippedName = keyof typeof FLIPPED;

export const FLIPPED_NAMES = Object.keys(FLIPPED) as readonly FlippedName[];

/** Name of the file among the evidence with what became of each flip. */
export const FLIPS_FILE = 'flips.json';

/**
 * Keeps what became of flips, and how long that took.
 *
 * @param startedAt when it began, by `performance.now()`
 */
export async function keepFlips(
  directory: string,
  report: FlipReport,
  startedAt: number,
): Promise<void> {
  const seconds = (performance.now() - startedAt) / 1000;
  const text = JSON.stringify({ ...report, seconds }, null, 1);
  await writeFile(join(directory, FLIPS_FILE), `${text}\n`);
}

/** Bits of each region, and which. */
export const FLIP_SAMPLE: SampleSize = { count: 1, seed: 1 };

const MEMORY_MIB = 256;
/** A busy host may be too late to stop the firmware before it reads the disk. */
const RETRIES = 3;

/** Flips of bits of disk, variable store and firmware, each with a boot of its own. */
export class FlipTrials implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #workshop: Workshop;

  /** @param admission lets VMs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#workshop = new Workshop(new Stock(setting.stock), { reaper: this.#reaper });
  }

  /**
   * Flips bits in every region of one thing, and boots.
   *
   * @param step is told what is being done
   * @throws InfraError where QEMU, swtpm or a tool broke; the signal's reason
   */
  async of(
    name: FlippedName,
    step: (text: string) => void,
    signal: AbortSignal,
  ): Promise<FlipReport> {
    const { bench } = FLIPPED[name];
    await using home = await RunDirectory.create(this.#reaper);
    const files = await this.#files(home, FLIPPED[name]);
    using _place = await this.#admission.enter({ ...shareOf(files.machine), signal });
    const context = { ...this.#setting, reaper: this.#reaper, signal };
    const startedAt = performance.now();
    const report = await pRetry(() => this.#try(bench, files, context, step), {
      retries: RETRIES,
      minTimeout: 0,
      shouldRetry: ({ error }) => error instanceof InfraError,
    });
    const directory = join(this.#setting.run, firmwareRunOf(name));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await keepFlips(directory, report, startedAt);
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #try(
    open: (files: FlipFiles, context: FirmwareRunContext) => Promise<OpenBench>,
    files: FlipFiles,
    context: FirmwareRunContext,
    step: (text: string) => void,
  ): Promise<FlipReport> {
    await using bench = await open(files, context);
    return await tryFlips(bench, FLIP_SAMPLE, step);
  }

  /** Files of its own, which may be changed. */
  async #files(
    home: RunDirectory,
    { secureBoot: isSecureBoot, disk }: (typeof FLIPPED)[FlippedName],
  ): Promise<FlipFiles> {
    const variants = this.#workshop.variants(IMAGES.ukiVerity);
    const { code, vars } = this.#workshop.stock.firmware('2025.02', 'secure-boot');
    if (vars === null) throw new TypeError('the build has no variable store');
    const store = isSecureBoot ? await variants.enrolled(vars) : vars.path;
    const original = await new OtherDisks(variants, this.#workshop.changes)[disk]();
    const path = home.file('disk.raw');
    await copyFile(original, path, constants.COPYFILE_FICLONE);
    const machine = Machine.parse({
      name: 'flips',
      firmware: { kind: 'pflash', code: code.path, vars: store, smm: true },
      boot: { kind: 'disk', format: 'raw', path },
      vcpus: 1,
      tpm: ONE_BANK,
      memoryMiB: MEMORY_MIB,
    });
    return {
      machine,
      original,
      code: code.path,
      store,
      isSecureBoot,
      changed: home.file('changed.fd'),
      booted: home.file('booted.fd'),
    };
  }
}
