import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { waitFor } from '../host/deadline.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import { readFactor } from './calibration.ts';
import { startFirmwareFork } from './firmware-fork.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import type { FirmwareSnapshot } from './firmware-snapshot.ts';
import { FirmwareWatch, type SeenFirmware } from './firmware-watch.ts';
import { type MemoryRange, readMemory } from './guest-memory.ts';
import { type HaltedCode, haltedCode } from './halted-code.ts';
import { filesToBoot } from './machine-files.ts';
import { type ControlSockets, qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { lossOf } from './vm-loss.ts';
import { WitnessTpm } from './witness-tpm.ts';

/** Names of the files that a run of the firmware leaves in its directory. */
export const FIRMWARE_RUN_FILES = {
  console: 'console.log',
  /** What the firmware measured, a JSON array of extends. */
  extends: 'extends.json',
  /** QEMU's command line, a JSON array. */
  arguments: 'qemu-arguments.json',
  /** Memory that was asked for, as it was at the end. */
  memory: 'memory.bin',
  /** Memory around the loop that the processor is in. */
  code: 'code.bin',
  /** Whether all of it was run, or it went on from a snapshot. */
  origin: 'origin.txt',
} as const;

/** From power-on to a program or a halt, before calibration; 2 s on a quiet machine. */
const VERDICT_MS = 60_000;

/** Memory that is kept around a loop: what programs of the firmware have before and behind. */
const CODE_BEFORE = 2 << 20;
const CODE_BEHIND = 64 << 10;

/** What a firmware is run for. */
export type FirmwareRunRequest = {
  /** With absolute paths, one vCPU, and no disk. */
  readonly machine: Machine;
  /** Turns the machine's arguments for QEMU into what no machine can say. */
  readonly change?: (usual: readonly string[]) => readonly string[];
  /** Files that the changed arguments name besides. */
  readonly files?: readonly string[];
  /** Where the firmware looks for the table of kernel hashes: guest physical address. */
  readonly hashTableAddress: number;
  /** Where it goes on from; power-on where it is left out. */
  readonly from?: FirmwareSnapshot | undefined;
  /** Memory that is read when the run has ended. */
  readonly memory: MemoryRange;
  /** Directory that keeps {@link FIRMWARE_RUN_FILES}. */
  readonly directory: string;
};

/** How a run of the firmware has ended, and what was seen until then. */
export type FirmwareRun = SeenFirmware & {
  /** It has measured the program that it starts, or goes round in circles. */
  readonly end: { readonly kind: 'started' } | HaltedCode;
  /** What was asked for of the memory. */
  readonly memory: Uint8Array;
  /** Memory around the loop; absent where there is none. */
  readonly code: { readonly address: number; readonly bytes: Uint8Array } | undefined;
  /** QEMU's own command line. */
  readonly argv: readonly string[];
};

/**
 * Runs a machine's firmware until it has measured a program and says that it starts it, or stops for good.
 * One that goes on from a snapshot has seen what that one saw; what its machine has in fw_cfg has to be as
 * large as what the snapshot's had.
 *
 * @throws InfraError where QEMU or swtpm break, or the VM ends itself; StageTimeout where the firmware
 *   does neither; the reason of `context.signal` where that aborts
 */
export async function runFirmware(
  request: FirmwareRunRequest,
  context: FirmwareRunContext,
): Promise<FirmwareRun> {
  const { machine } = request;
  await using scope = new Scope(`firmware of ${machine.name}`);
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  await mkdir(request.directory, { recursive: true });
  const [tpm, factor] = await settleAll([
    WitnessTpm.startIn(scope, { ...context, directory }),
    readFactor(context.cache, context.accelerator),
  ]);
  const qemu = await startQemu(scope, request, { tpm, directory }, context);
  const watch = new FirmwareWatch(qemu, request.from?.seen);
  const wait = {
    name: `start or stop of what ${machine.name} boots`,
    deadlineMs: VERDICT_MS * factor,
    signal: context.signal,
    lastLines: () => qemu.console.lastLines,
  };
  const end = await waitFor(wait, async (over) => {
    const started = watch.started(tpm.extends(over));
    const halted = haltedCode(qemu.qmp, () => watch.activity, over);
    const ended = Promise.race([
      started,
      halted,
      lossOf(qemu, tpm, 'it had started a program or stopped'),
    ]);
    started.catch(() => undefined);
    halted.catch(() => undefined);
    const [verdict] = await Promise.all([ended, qemu.resume()]);
    return verdict;
  });
  const { argv } = qemu;
  const run = { ...(await readEnd(request, qemu, directory, end)), ...watch.seen, end, argv };
  await keep(request, run);
  return run;
}

function startQemu(
  scope: Scope,
  request: FirmwareRunRequest,
  { tpm, directory }: { readonly tpm: WitnessTpm; readonly directory: RunDirectory },
  context: FirmwareRunContext,
): Promise<QemuProcess> {
  const { machine, change = (usual) => usual, files: named = [], hashTableAddress, from } = request;
  const files = { tpm: tpm.socket, vars: undefined, overlay: undefined, hashTableAddress };
  const start = {
    ...context,
    directory,
    readable: [...filesToBoot(machine), ...named],
    argumentsFor: (sockets: ControlSockets) =>
      change(qemuArguments(machine, { ...files, ...sockets }, context.accelerator)),
  };
  if (from === undefined) return QemuProcess.startIn(scope, start);
  return startFirmwareFork(scope, from, { machine, hashTableAddress }, start);
}

async function readEnd(
  { memory }: FirmwareRunRequest,
  qemu: QemuProcess,
  directory: RunDirectory,
  end: FirmwareRun['end'],
): Promise<Pick<FirmwareRun, 'memory' | 'code'>> {
  const read = (range: MemoryRange) => readMemory(qemu.qmp, range, directory.file('memory'));
  const bytes = await read(memory);
  if (end.kind === 'started') return { memory: bytes, code: undefined };
  const address = Math.max(0, end.instruction - CODE_BEFORE);
  const size = end.instruction + CODE_BEHIND - address;
  return { memory: bytes, code: { address, bytes: await read({ address, size }) } };
}

async function keep({ directory, from }: FirmwareRunRequest, run: FirmwareRun): Promise<void> {
  const file = (name: keyof typeof FIRMWARE_RUN_FILES, content: string | Uint8Array) =>
    writeFileAtomically(join(directory, FIRMWARE_RUN_FILES[name]), content);
  await Promise.all([
    file('console', run.console.map((line) => `${line}\n`).join('')),
    file('extends', `${JSON.stringify(run.extends, null, 1)}\n`),
    file('arguments', `${JSON.stringify(run.argv, null, 1)}\n`),
    file('memory', run.memory),
    file('origin', `${originOf(from)}\n`),
    ...(run.code === undefined ? [] : [file('code', run.code.bytes)]),
  ]);
}

function originOf(from: FirmwareSnapshot | undefined): string {
  if (from === undefined) return 'run from power-on';
  const { machine, instruction, unread, seen } = from;
  const until = `was run from power-on to instruction 0x${instruction.toString(16)}`;
  const memory = `the ${unread.size} bytes at 0x${unread.address.toString(16)}`;
  const extended = `the first ${seen.extends.length} extends are its`;
  return `goes on from ${machine}, which ${until} and had not read ${memory}; ${extended}`;
}
