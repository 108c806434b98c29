import { rename } from 'node:fs/promises';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import { BootWatch, type SeenBoot } from './boot-watch.ts';
import { readFactor } from './calibration.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import { type GdbStop, GdbStub } from './gdb-stub.ts';
import type { MemoryRange } from './guest-memory.ts';
import { filesToBoot } from './machine-files.ts';
import { saveState } from './migration.ts';
import { debuggerArguments, qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { listenForQemu } from './qemu-socket.ts';
import { lossOf } from './vm-loss.ts';
import { WitnessTpm } from './witness-tpm.ts';

/** From power-on to the instruction, before calibration; 2 s on a quiet machine. */
const STOP_MS = 60_000;

/** A stop at a breakpoint is a state that no other QEMU can be told to be in: it is left out. */
const WITHOUT_RUN_STATE = ['-global', 'migration.store-global-state=off'];

/** Where a firmware is stopped and written down. */
export type FirmwareSnapshotRequest = {
  /** With absolute paths, one vCPU, firmware in one image, and no disk. */
  readonly machine: Machine;
  /** The instruction before which it is stopped: address in memory, which the firmware maps one to one. */
  readonly instruction: number;
  /** Memory that nothing may have read until then. */
  readonly unread: MemoryRange;
  /** Absolute path of the file that takes its state, in a directory for temporary files. */
  readonly file: string;
};

/** A firmware that was run from power-on up to an instruction, and written down before it. */
export type FirmwareSnapshot = Pick<FirmwareSnapshotRequest, 'instruction' | 'unread' | 'file'> & {
  /** Name of the machine. */
  readonly machine: string;
  /** What was seen until then. */
  readonly seen: SeenBoot;
};

/**
 * Runs a machine's firmware from power-on up to an instruction, and writes it down there, so that others can
 * go on from it: with QEMUs whose machine is the same but for what the firmware has not looked at yet. All
 * that it had looked at is theirs as it was: of fw_cfg that is the directory, and so the names and sizes of all
 * its files.
 *
 * @throws InfraError where the firmware reads the memory that nothing may have read, or QEMU or swtpm break;
 *   StageTimeout where it does not come by; the reason of `context.signal` where that aborts
 */
export async function takeFirmwareSnapshot(
  request: FirmwareSnapshotRequest,
  context: FirmwareRunContext,
): Promise<FirmwareSnapshot> {
  const { machine, instruction, unread, file } = request;
  await using scope = new Scope(`firmware of ${machine.name}`);
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  const [tpm, factor] = await settleAll([
    WitnessTpm.startIn(scope, { ...context, directory }),
    readFactor(context.cache, context.accelerator),
  ]);
  const { qemu, stub } = await startDebugged(scope, machine, { tpm, directory }, context);
  const watch = new BootWatch(() => false);
  qemu.console.onLine((line) => watch.line(line));
  const ended = new AbortController();
  const heard = watch.hear(tpm.extends(ended.signal));
  const wait = {
    name: `instruction 0x${instruction.toString(16)} of the firmware of ${machine.name}`,
    deadlineMs: STOP_MS * factor,
    signal: context.signal,
    lastLines: () => qemu.console.lastLines,
  };
  try {
    await stub.watchReads(unread);
    await stub.breakBefore(instruction);
    const stop = await waitFor(wait, () =>
      Promise.race([stub.goOn(), lossOf(qemu, tpm, `it had come to ${wait.name}`)]),
    );
    requireUnread(stop, request);
    const state = directory.file('state');
    await saveState(qemu.qmp, state, context.signal);
    await rename(state, file);
  } finally {
    // What was sent before the end is read to its end.
    await scope[Symbol.asyncDispose]();
    ended.abort();
    await heard;
  }
  const seen = { extends: watch.extends, console: watch.console };
  return { machine: machine.name, instruction, unread, file, seen };
}

async function startDebugged(
  scope: Scope,
  machine: Machine,
  { tpm, directory }: { readonly tpm: WitnessTpm; readonly directory: RunDirectory },
  context: FirmwareRunContext,
) {
  const socket = await listenForQemu('debugger', directory, scope);
  const files = { tpm: tpm.socket, vars: undefined, overlay: undefined };
  const qemu = await QemuProcess.startIn(scope, {
    ...context,
    directory,
    readable: filesToBoot(machine),
    argumentsFor: (sockets) => [
      ...qemuArguments(machine, { ...files, ...sockets }, context.accelerator),
      ...debuggerArguments(socket.path),
      ...WITHOUT_RUN_STATE,
    ],
  });
  return { qemu, stub: new GdbStub(await socket.connected()) };
}

function requireUnread(stop: GdbStop, { machine, instruction }: FirmwareSnapshotRequest): void {
  if (stop.kind === 'breakpoint') return;
  const read = `has read memory at 0x${stop.address.toString(16)}`;
  const problem = `of ${machine.name} ${read} before it came to 0x${instruction.toString(16)}`;
  throw new InfraError({ tool: 'firmware', problem });
}
