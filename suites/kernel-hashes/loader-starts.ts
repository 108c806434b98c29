import { stat, truncate, writeFile } from 'node:fs/promises';
import type { Admission } from '../../harness/host/admission.ts';
import { firstError, InfraError, StageTimeout } from '../../harness/host/errors.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { FirmwareRunContext } from '../../harness/vm/firmware-run-context.ts';
import { type FirmwareSnapshot, takeFirmwareSnapshot } from '../../harness/vm/firmware-snapshot.ts';
import type { MemoryRange } from '../../harness/vm/guest-memory.ts';
import { FIRMWARE_SECONDS, shareOf } from '../admission.ts';
import type { Given } from './case.ts';
import type { CaseMachines } from './case-machines.ts';

/** Where the firmware begins to look at what it is to boot. */
export type Loader = {
  /** Address of the first instruction of the program that fetches kernel, initrd and command line. */
  readonly entry: number;
  /** Where it looks for the table of hashes. */
  readonly table: MemoryRange;
};

/** What the firmware is run with, and who lets it in. */
type Context = FirmwareRunContext & { readonly admission: Admission };

/**
 * Where runs of the firmware go on from: the first instruction of the program that fetches kernel, initrd and
 * command line, on a machine that has no table, no initrd, no command line, and zeros for a kernel. What such a
 * run boots, or refuses, it can only have of its own QEMU and its own table.
 *
 * The firmware reads the directory of fw_cfg early, and with it the kernel's size: each size of kernels has a
 * start of its own.
 */
export class LoaderStarts implements AsyncDisposable {
  readonly #machines: CaseMachines;
  readonly #context: Context;
  readonly #loader: (signal: AbortSignal) => Promise<Loader | undefined>;
  readonly #starts = new Map<number, Promise<FirmwareSnapshot | undefined>>();
  #home: Promise<RunDirectory> | undefined;

  /** @param loader finds where the firmware begins to look; asked once for each start */
  constructor(
    machines: CaseMachines,
    context: Context,
    loader: (signal: AbortSignal) => Promise<Loader | undefined>,
  ) {
    this.#machines = machines;
    this.#context = context;
    this.#loader = loader;
  }

  /**
   * Where a case goes on from.
   *
   * @returns `undefined` where it has to be run from power-on: it has no kernel or a shim, which no other has;
   *   the processor's help makes power-on quick; or nothing could be written down
   */
  async of({ kernel, shim }: Given, signal: AbortSignal): Promise<FirmwareSnapshot | undefined> {
    if (this.#context.accelerator !== 'tcg' || kernel === undefined || shim !== undefined) {
      return undefined;
    }
    const { size } = await stat(await this.#machines.inputs.path(kernel));
    const start = this.#starts.get(size) ?? this.#take(size, signal).catch(notTaken);
    this.#starts.set(size, start);
    return await start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#home)?.[Symbol.asyncDispose]();
  }

  async #take(bytes: number, signal: AbortSignal): Promise<FirmwareSnapshot | undefined> {
    const loader = await this.#loader(signal);
    if (loader === undefined) return undefined;
    this.#home ??= RunDirectory.create(this.#context.reaper);
    const home = await this.#home;
    const name = `kernel-of-${bytes}-zeros`;
    const kernel = home.file(name);
    await writeFile(kernel, '');
    await truncate(kernel, bytes);
    const machine = this.#machines.withKernelAlone(name, kernel);
    const { entry: instruction, table: unread } = loader;
    const request = { machine, instruction, unread, file: home.file(`${name}.state`) };
    const { admission } = this.#context;
    using _place = await admission.enter({ ...shareOf(machine, FIRMWARE_SECONDS), signal });
    return await takeFirmwareSnapshot(request, { ...this.#context, signal });
  }
}

/** Without a start, each run is made from power-on: that takes longer, and shows the same. */
function notTaken(error: unknown): undefined {
  const first = firstError(error);
  if (!(first instanceof InfraError || first instanceof StageTimeout)) throw error;
}
