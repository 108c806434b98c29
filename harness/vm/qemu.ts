import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { requireReadable } from '../host/readable-files.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from './boot-stages.ts';
import { readFactor, recordFirmwareTime } from './calibration.ts';
import { createOverlay } from './disk-overlay.ts';
import { forwardedPort } from './forwarded-port.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToBoot, filesToPredict, withAbsolutePaths } from './machine-files.ts';
import type { Accelerator } from './qemu-arguments.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { RunningVm } from './running-vm.ts';
import { type StageEntry, StageTracker } from './stage-tracker.ts';
import { Stopwatch } from './stopwatch.ts';
import { Swtpm } from './swtpm.ts';
import { TimedLog } from './timed-log.ts';
import { copyVariableStore } from './variable-store.ts';

/** Names of the files that a VM leaves in its log directory. */
export const VM_LOGS = {
  /** Every line of the serial console, with the seconds since power-on. */
  console: 'console.log',
  /** Every QMP command, reply and event, with the seconds since power-on. */
  qmp: 'qmp.log',
  /** Every TPM command and response, as swtpm saw them. */
  tpm: 'swtpm.log',
  /** QEMU's command line, a JSON array. */
  arguments: 'qemu-arguments.json',
} as const;

const OVERLAY_MS = 20_000;

/** Slots of the clean-up: longer than the deadlines of its own steps together. */
const QEMU_SLOT_MS = 20_000;
const SWTPM_SLOT_MS = 15_000;

/** What a VM is started with, besides its machine. */
export type LaunchContext = {
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  /** Directory that keeps the {@link VM_LOGS}; made where it is not there. */
  readonly logs: string;
  /** Directory that keeps the calibration between runs. */
  readonly cache: string;
  /** The boot stages that the image is sure to show on its console. */
  readonly announced?: readonly StageName[];
  /** Hears of every boot stage as it begins. */
  readonly onStage?: (entry: StageEntry) => void;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Starts a VM: a vTPM of its own, an overlay on its disk, a copy of the variable store, QEMU.
 * Disposing of it ends QEMU, then swtpm, then removes the directory, and makes sure of each.
 *
 * @returns the VM, switched on
 * @throws UsageError where a file of the machine cannot be read; InfraError where QEMU, swtpm or a
 *   tool fails; EnvironmentError where one is missing; the reason of `context.signal` where that aborts
 */
export async function launch(machine: Machine, context: LaunchContext): Promise<RunningVm> {
  const absolute = withAbsolutePaths(machine);
  await requireReadable(filesToPredict(absolute));
  await using scope = new Scope(`VM ${machine.name}`);
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  await mkdir(context.logs, { recursive: true });
  const run = { machine: absolute, directory, scope, context };
  const prepared = await prepare(run);
  const clock = new Stopwatch();
  const qmpLog = openLog(run, VM_LOGS.qmp, clock);
  const consoleLog = openLog(run, VM_LOGS.console, clock);
  const qemu = scope.use('QEMU', await startQemu(run, prepared, qmpLog), QEMU_SLOT_MS);
  qemu.console.onLine((line) => consoleLog.write(line));
  const stages = trackStages(run, prepared, qemu, clock);
  const sshPort = await forwardedPort(qemu.qmp);
  calibrate(run, qemu, clock);
  clock.start();
  stages.begin();
  await qemu.resume();
  const { signal, accelerator } = context;
  const parts = { machine: absolute, accelerator, qemu, stages, tpm: prepared.tpm, sshPort };
  return new RunningVm(parts, scope.move(), signal);
}

/** One launch: what its steps share. */
type Launch = {
  /** With absolute paths. */
  readonly machine: Machine;
  readonly directory: RunDirectory;
  readonly scope: Scope;
  readonly context: LaunchContext;
};

type Prepared = {
  readonly tpm: Swtpm;
  readonly vars: string | undefined;
  readonly overlay: string | undefined;
  readonly hashTableAddress: number | undefined;
  /** The calibration's factor for deadlines. */
  readonly factor: number;
};

/** Everything that QEMU needs, side by side: manufacturing the vTPM takes the longest. */
async function prepare(run: Launch): Promise<Prepared> {
  const { cache, accelerator } = run.context;
  const [tpm, vars, overlay, address, factor] = await settleAll([
    startTpm(run),
    copyVariableStore(run.machine, run.directory),
    makeOverlay(run),
    hashTableAddress(run.machine),
    readFactor(cache, accelerator),
  ]);
  return { tpm, vars, overlay, hashTableAddress: address, factor };
}

async function startTpm({ machine, directory, scope, context }: Launch): Promise<Swtpm> {
  const tpm = await Swtpm.start(machine, { ...context, directory });
  scope.defer('log of swtpm', () => copyFile(tpm.logFile, join(context.logs, VM_LOGS.tpm)));
  return scope.use('swtpm', tpm, SWTPM_SLOT_MS);
}

async function makeOverlay({ machine, directory, context }: Launch): Promise<string | undefined> {
  if (machine.boot.kind !== 'disk') return undefined;
  const { path, format } = machine.boot;
  const overlay = directory.file('disk.qcow2');
  const run = { ...context, deadlineMs: OVERLAY_MS };
  await createOverlay({ base: path, format, overlay }, directory.path, context.tools, run);
  return overlay;
}

function openLog({ scope, context }: Launch, name: string, clock: Stopwatch): TimedLog {
  const log = new TimedLog(join(context.logs, name), clock.elapsed);
  scope.defer(name, () => log[Symbol.dispose]());
  return log;
}

async function startQemu(run: Launch, prepared: Prepared, qmpLog: TimedLog): Promise<QemuProcess> {
  const { machine, directory, context } = run;
  const qemu = await QemuProcess.start({
    ...context,
    directory,
    readable: filesToBoot(machine),
    argumentsFor: (sockets) =>
      qemuArguments(
        machine,
        { ...sockets, ...prepared, tpm: prepared.tpm.socket },
        context.accelerator,
      ),
    qmpLog: (line) => qmpLog.write(line),
  });
  const argv = `${JSON.stringify(qemu.argv, null, 1)}\n`;
  await writeFileAtomically(join(context.logs, VM_LOGS.arguments), argv);
  return qemu;
}

function trackStages(
  { machine, scope, context }: Launch,
  { factor, tpm }: Prepared,
  qemu: QemuProcess,
  clock: Stopwatch,
): StageTracker {
  // OVMF names on the console what it starts from a disk; a kernel given directly it just starts.
  const seen: readonly StageName[] = machine.boot.kind === 'disk' ? ['boot-loader'] : [];
  const stages = new StageTracker({
    announced: new Set([...seen, ...(context.announced ?? [])]),
    factor,
    elapsed: clock.elapsed,
    lastLines: () => qemu.console.lastLines,
    onStage: context.onStage,
  });
  scope.defer('boot stages', () => stages[Symbol.dispose]());
  qemu.console.onLine((line) => stages.line(line));
  void qemu.halted.then(async (reason) => {
    // What the console said last names who ended the boot better than the halt does.
    if (reason.kind !== 'internal-error') await qemu.consoleHeard();
    stages.halt(reason);
  });
  // QEMU keeps running without its TPM, and tells nobody.
  void tpm.child.exit.then((exit) => {
    if (exit.exitCode !== 0) stages.lose(tpm.child.failure(exit));
  });
  return stages;
}

/** Keeps how long the firmware took to its first output, for the deadlines of later boots. */
function calibrate({ scope, context }: Launch, qemu: QemuProcess, clock: Stopwatch): void {
  let recorded: Promise<void> | undefined;
  void qemu.console.firstOutput.then(() => {
    const seconds = clock.elapsed() / 1000;
    recorded = recordFirmwareTime(context.cache, context.accelerator, seconds);
    recorded.catch(() => undefined);
  });
  scope.defer('calibration', () => recorded);
}
