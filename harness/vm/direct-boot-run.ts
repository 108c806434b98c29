import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { waitFor } from '../host/deadline.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import type { Machine } from '../machine/machine.ts';
import { BootWatch, type SeenBoot } from './boot-watch.ts';
import { readFactor } from './calibration.ts';
import { overlayOnDisk } from './disk-overlay.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToBoot } from './machine-files.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';
import { lossOf } from './vm-loss.ts';
import { WitnessTpm } from './witness-tpm.ts';

/** Names of the files that such a run leaves in its directory. */
export const DIRECT_BOOT_FILES = { console: 'console.log', extends: 'extends.json' } as const;

/** From power-on to what is waited for, before calibration; 10 s on a quiet machine. */
const RUN_MS = 60_000;

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
  const qemu = await startQemu(scope, request, { tpm, directory }, context);
  const watch = new BootWatch(request.isOver);
  qemu.console.onLine((line) => watch.line(line));
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
      Promise.all([Promise.race([watch.end, lossOf(qemu, tpm, until)]), qemu.resume()]),
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
  scope: Scope,
  { machine, shim, change = (usual) => usual }: DirectBootRequest,
  { tpm, directory }: { readonly tpm: WitnessTpm; readonly directory: RunDirectory },
  context: FirmwareRunContext,
): Promise<QemuProcess> {
  const vars = await copyVariableStore(machine, directory);
  const overlay = await overlayOnDisk(machine, directory, context);
  const address = await hashTableAddress(machine);
  const files = { tpm: tpm.socket, vars, overlay, hashTableAddress: address };
  return QemuProcess.startIn(scope, {
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

async function keep(directory: string, { console, extends: all }: SeenBoot): Promise<void> {
  const file = (name: keyof typeof DIRECT_BOOT_FILES, content: string) =>
    writeFileAtomically(join(directory, DIRECT_BOOT_FILES[name]), content);
  await Promise.all([
    file('console', console.map((line) => `${line}\n`).join('')),
    file('extends', `${JSON.stringify(all, null, 1)}\n`),
  ]);
}
