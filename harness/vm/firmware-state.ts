import { constants } from 'node:fs';
import { copyFile, cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { needingSpace } from '../host/disk-space.ts';
import { requireReadable } from '../host/readable-files.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { flattenOverlay, overlayOnDisk } from './disk-overlay.ts';
import { filesToPredict, withAbsolutePaths } from './machine-files.ts';
import { manufactureTpm } from './manufacture-tpm.ts';
import type { RunningVm } from './running-vm.ts';
import { copyTpm, type TpmFiles, tpmFiles, tpmFilesIn } from './tpm-files.ts';
import { copyVariableStore } from './variable-store.ts';

/** Of a machine's directory, what outlives a boot. */
const PARTS = ['tpm/state', 'tpm/certificates', 'vars.fd', 'disk.qcow2'] as const;

/** What a state is made, copied and served with. */
export type FirmwareStateContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What of a machine outlives a boot where it is *persistent*: the TPM's state with its certificates, the
 * variable store and the overlay of the disk. The three are made, kept, copied and rolled back together, as
 * a TPM whose variables or disk are of another moment is a machine that never was. A machine without one
 * is *ephemeral*: all of it is made anew at power-on, and thrown away.
 */
export class FirmwareState implements AsyncDisposable {
  readonly #directory: RunDirectory;
  readonly #context: FirmwareStateContext;

  private constructor(directory: RunDirectory, context: FirmwareStateContext) {
    this.#directory = directory;
    this.#context = context;
  }

  /**
   * Manufactures the state of a machine that was never switched on.
   *
   * @throws UsageError where a file of the machine cannot be read; InfraError where a tool fails
   */
  static async manufacture(
    machine: Machine,
    context: FirmwareStateContext,
  ): Promise<FirmwareState> {
    return await FirmwareState.#ofMachine(machine, context, (absolute, files) =>
      manufactureTpm(absolute, files, context),
    );
  }

  /** Where the state is: a directory of this process's own, mode 0700. */
  get directory(): RunDirectory {
    return this.#directory;
  }

  /** The TPM's own state, and its certificates. */
  get tpm(): { readonly state: string; readonly certificates: string } {
    return tpmFilesIn(this.#directory);
  }

  /** A copy that has a life of its own from now on: *cloned*. */
  clone(): Promise<FirmwareState> {
    return FirmwareState.#filled(this.#context, (directory) =>
      copyParts(this.#directory.path, directory.path),
    );
  }

  /** A copy of the TPM in another machine, which brings variables and disk of its own. */
  rehouse(machine: Machine): Promise<FirmwareState> {
    return FirmwareState.#ofMachine(machine, this.#context, (_, files) => copyTpm(this.tpm, files));
  }

  /**
   * Writes the disk as the machine left it to a raw image, for whoever has it in their hands.
   *
   * @param disk absolute path of the image to be made
   * @throws InfraError where qemu-img fails
   */
  async writeDisk({ boot }: Machine, disk: string): Promise<void> {
    if (boot.kind !== 'disk') throw new TypeError('the machine has no disk');
    const overlay = this.#directory.file('disk.qcow2');
    await flattenOverlay({ base: boot.path, overlay, disk }, this.#context);
  }

  /**
   * Makes this state what another one is: *rolled back*, where that is an earlier copy of it. What it was
   * before is gone.
   */
  async become(other: FirmwareState): Promise<void> {
    await this.keep(other.#directory.path);
  }

  /**
   * Puts the TPM's files of this state in the place of those that a running VM's swtpm was started with:
   * *swapped during run*. The VM is not told.
   */
  async swapBeneath(vm: Pick<RunningVm, 'directory'>): Promise<void> {
    await cp(this.tpm.state, join(vm.directory, 'tpm', 'state'), { recursive: true });
  }

  /**
   * Copies the state into the directory of a VM that is about to start.
   *
   * @returns paths of its variable store and overlay, where the machine has them
   */
  async layOut(machine: Machine, directory: RunDirectory) {
    const vars = machine.firmware.kind === 'bios' ? undefined : directory.file('vars.fd');
    const overlay = machine.boot.kind === 'disk' ? directory.file('disk.qcow2') : undefined;
    await copyIfThere(this.#directory.file('vars.fd'), vars);
    await copyIfThere(this.#directory.file('disk.qcow2'), overlay);
    return { vars, overlay };
  }

  /**
   * Takes over what a VM that has ended leaves in its directory. Either all of it counts or nothing does.
   *
   * @param from the VM's directory
   */
  async keep(from: string): Promise<void> {
    const aside = this.#directory.file('new');
    await rm(aside, { recursive: true, force: true });
    await copyParts(from, aside);
    for (const part of PARTS) {
      const path = this.#directory.file(part);
      await rm(path, { recursive: true, force: true });
      await rename(join(aside, part), path).catch(unlessAbsent);
    }
    await rm(aside, { recursive: true, force: true });
  }

  /** Removes the state. May be called more than once. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#directory[Symbol.asyncDispose]();
  }

  static async #ofMachine(
    machine: Machine,
    context: FirmwareStateContext,
    makeTpm: (machine: Machine, files: TpmFiles) => Promise<void>,
  ): Promise<FirmwareState> {
    const absolute = withAbsolutePaths(machine);
    await requireReadable(filesToPredict(absolute));
    return await FirmwareState.#filled(context, async (directory) => {
      const files = await tpmFiles(directory);
      await settleAll([
        makeTpm(absolute, files),
        copyVariableStore(absolute, directory),
        overlayOnDisk(absolute, directory, context),
      ]);
    });
  }

  static async #filled(
    context: FirmwareStateContext,
    fill: (directory: RunDirectory) => Promise<void>,
  ): Promise<FirmwareState> {
    await using scope = new Scope('firmware state');
    const directory = scope.use('directory', await RunDirectory.create(context.reaper));
    await fill(directory);
    scope.move();
    return new FirmwareState(directory, context);
  }
}

async function copyParts(from: string, to: string): Promise<void> {
  const tpm = (directory: string) => ({
    state: join(directory, 'tpm', 'state'),
    certificates: join(directory, 'tpm', 'certificates'),
  });
  await mkdir(tpm(to).state, { recursive: true, mode: 0o700 });
  await copyTpm(tpm(from), tpm(to));
  for (const part of ['vars.fd', 'disk.qcow2']) {
    await copyIfThere(join(from, part), join(to, part)).catch(unlessAbsent);
  }
}

async function copyIfThere(from: string, to: string | undefined): Promise<void> {
  if (to === undefined) return;
  await needingSpace(dirname(to), copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** Firmware in one image has no store, and a kernel that is given directly no disk. */
function unlessAbsent(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}
