import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import type { Machine } from '../machine/machine.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import { readFactor } from './calibration.ts';
import { createOverlay } from './disk-overlay.ts';
import type { FirmwareRunContext } from './firmware-memory-run.ts';
import { WitnessTpm } from './firmware-memory-tpm.ts';
import { describeHalt } from './halt.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToBoot } from './machine-files.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';

/** Names of the files that such a run leaves in its directory. */
export const DIRECT_BOOT_FILES = { console: 'console.log', extends: 'extends.json' } as const;

const OVERLAY_MS = 20_000;

/** From power-on to what is waited for, before calibration; 10 s on a quiet machine. */
const RUN_MS = 60_000;

const QEMU_SLOT_MS = 20_000;

/** What a run shows of itself while it lasts. */
export type SeenBoot = {
  /** What the TPM was sent, in order. */
  readonly extends: readonly PcrExtend[];
  readonly console: readonly string[];
};

/** What is booted, and until when. */
export type DirectBootRequest = {
  /** With absolute paths; it boots a kernel, a program in its place, or a disk. */
  readonly machine: Machine;
  /** Absolute path of the shim that starts the kernel; the firmware starts it where it is left out. */
  readonly shim?: string | undefined;
  /** Turns the machine's arguments for QEMU into what no machine can say. */
  readonly change?: (usual: readonly string[]) => readonly string[];
  /** Whether what is waited for has been seen; asked after each line and each extend. */
  readonly isOver: (seen: SeenBoot) => boolean;
  /** What is waited for, for the error message. */
  readonly until: string;
  /** Absolute path of a file that takes the variable store as the guest leaves it. */
  readonly storeAfter?: string | undefined;
  /** Directory that keeps {@link DIRECT_BOOT_FILES}. */
  readonly directory: string;
};

/**
 * Runs a machine from power-on until something is seen, and ends it there.
 *
 * @throws InfraError where QEMU or swtpm break, or the VM ends itself; StageTimeout where what is waited for
 *   does not come; the reason of `context.signal` where that aborts
 */
export async function runDirectBoot(
  request: DirectBootRequest,
  context: FirmwareRunContext,
): Promise<SeenBoot> {
  const { machine, until } = request;
  await using scope = new Scope(`boot of ${machine.name}`);
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  await mkdir(request.directory, { recursive: true });
  const tpm = await WitnessTpm.startIn(scope, { ...context, directory });
  const qemu = scope.use('QEMU', await startQemu(request, tpm, directory, context), QEMU_SLOT_MS);
  const watch = new Watch(qemu, request.isOver);
  const wait = {
    name: `${until} of ${machine.name}`,
    deadlineMs: RUN_MS * (await readFactor(context.cache, context.accelerator)),
    signal: context.signal,
    lastLines: () => qemu.console.lastLines,
  };
  // swtpm's log and the console come by different ways: what was sent before the end is read to its end.
  const ended = new AbortController();
  const heard = watch.hear(tpm.extends(ended.signal));
  try {
    await waitFor(wait, () =>
      Promise.all([Promise.race([watch.over, lossOf(qemu, tpm, until)]), qemu.resume()]),
    );
    // Flash is written through: what the guest has written is in the file.
    if (request.storeAfter) await copyFile(directory.file('vars.fd'), request.storeAfter);
  } finally {
    await scope[Symbol.asyncDispose]();
    ended.abort();
    await heard;
    await keep(request.directory, watch);
  }
  return { extends: watch.extends, console: watch.console };
}

async function startQemu(
  { machine, shim, change = (usual) => usual }: DirectBootRequest,
  tpm: WitnessTpm,
  directory: RunDirectory,
  context: FirmwareRunContext,
): Promise<QemuProcess> {
  const vars = await copyVariableStore(machine, directory);
  const overlay = await overlayOf(machine, directory, context);
  const address = await hashTableAddress(machine);
  const files = { tpm: tpm.socket, vars, overlay, hashTableAddress: address };
  return QemuProcess.start({
    ...context,
    directory,
    readable: [...filesToBoot(machine), ...(shim === undefined ? [] : [shim])],
    argumentsFor: (sockets) =>
      change([
        ...qemuArguments(machine, { ...files, ...sockets }, context.accelerator),
        ...(shim === undefined ? [] : ['-shim', shim]),
      ]),
  });
}

/** What the guest writes goes with the run. */
async function overlayOf(
  { boot }: Machine,
  directory: RunDirectory,
  context: FirmwareRunContext,
): Promise<string | undefined> {
  if (boot.kind !== 'disk') return undefined;
  const overlay = directory.file('disk.qcow2');
  const { path: base, format } = boot;
  const run = { ...context, deadlineMs: OVERLAY_MS };
  await createOverlay({ base, format, overlay }, directory.path, context.tools, run);
  return overlay;
}

class Watch implements SeenBoot {
  readonly extends: PcrExtend[] = [];
  readonly console: string[] = [];
  /** Resolves when what is waited for has been seen. */
  readonly over: Promise<void>;
  readonly #ask: () => void;

  constructor(qemu: QemuProcess, isOver: DirectBootRequest['isOver']) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#ask = () => {
      if (isOver(this)) resolve();
    };
    qemu.console.onLine((line) => {
      this.console.push(line);
      this.#ask();
    });
  }

  /** Ends where the extends do. */
  async hear(extended: AsyncIterable<PcrExtend>): Promise<void> {
    try {
      for await (const extend of extended) {
        this.extends.push(extend);
        this.#ask();
      }
    } catch {
      // The signal that ends them is all that they throw.
    }
  }
}

/** The VM or its TPM ends before what is waited for was seen. */
async function lossOf(qemu: QemuProcess, tpm: WitnessTpm, until: string): Promise<never> {
  const lost = qemu.halted.then((reason) => {
    const problem = `${describeHalt(reason)} before ${until}`;
    return new InfraError({ tool: 'firmware', problem, lastLines: qemu.console.lastLines });
  });
  throw await Promise.race([lost, tpm.child.exit.then((exit) => tpm.child.failure(exit))]);
}

async function keep(directory: string, { console, extends: all }: Watch): Promise<void> {
  const file = (name: keyof typeof DIRECT_BOOT_FILES, content: string) =>
    writeFileAtomically(join(directory, DIRECT_BOOT_FILES[name]), content);
  await Promise.all([
    file('console', console.map((line) => `${line}\n`).join('')),
    file('extends', `${JSON.stringify(all, null, 1)}\n`),
  ]);
}
