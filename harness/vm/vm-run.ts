import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import type { Scope } from '../host/scope.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from './boot-stages.ts';
import { filesToBoot } from './machine-files.ts';
import { type Accelerator, type ControlSockets, qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { type StageEntry, StageTracker } from './stage-tracker.ts';
import { stalledSwtpm } from './stalled-swtpm.ts';
import { Stopwatch } from './stopwatch.ts';
import type { Swtpm } from './swtpm.ts';
import { TimedLog } from './timed-log.ts';

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

/** What a VM is started with, besides its machine or snapshot. */
export type VmContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  /** Directory that keeps the {@link VM_LOGS}; made where it is not there. */
  readonly logs: string;
  /** Directory that keeps the calibration between runs. */
  readonly cache: string;
  /** Hears of every boot stage as it begins. */
  readonly onStage?: (entry: StageEntry) => void;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
};

/** One start of a VM, by its boot or from a snapshot: what its steps share. */
export type VmRun = {
  /** With absolute paths. */
  readonly machine: Machine;
  readonly accelerator: Accelerator;
  readonly directory: RunDirectory;
  /** Undoes the whole VM. */
  readonly scope: Scope;
  /** Goes from the moment that the VM runs. */
  readonly clock: Stopwatch;
  readonly context: VmContext;
};

/** What a VM has of its own. */
export type VmInputs = {
  readonly tpm: Swtpm;
  readonly vars: string | undefined;
  readonly overlay: string | undefined;
  readonly hashTableAddress: number | undefined;
  /** The calibration's factor for deadlines. */
  readonly factor: number;
};

/** Begins the start of a VM with a directory of its own, which its scope removes. */
export async function beginRun(
  of: Pick<VmRun, 'machine' | 'accelerator' | 'scope' | 'context'>,
): Promise<VmRun> {
  const { scope, context } = of;
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  await mkdir(context.logs, { recursive: true });
  return { ...of, directory, clock: new Stopwatch() };
}

/**
 * Starts the QEMU of a VM, paused, with its logs.
 *
 * @param more arguments of QEMU, besides those of its machine
 * @param readable absolute paths of the files that it reads besides those of its machine
 * @throws InfraError where QEMU ends, or does not speak QMP
 */
export async function startQemu(
  run: VmRun,
  inputs: VmInputs,
  more: readonly string[] = [],
  readable: readonly string[] = [],
): Promise<QemuProcess> {
  const { machine, accelerator, directory, scope, context } = run;
  const qmpLog = openLog(run, VM_LOGS.qmp);
  const consoleLog = openLog(run, VM_LOGS.console);
  const argumentsFor = (sockets: ControlSockets) => [
    ...qemuArguments(machine, { ...sockets, ...inputs, tpm: inputs.tpm.socket }, accelerator),
    ...more,
  ];
  const qemu = await QemuProcess.startIn(scope, {
    ...context,
    directory,
    readable: [...filesToBoot(machine), ...readable],
    argumentsFor,
    qmpLog: (line) => qmpLog.write(line),
  });
  const argv = `${JSON.stringify(qemu.argv, null, 1)}\n`;
  await writeFileAtomically(join(context.logs, VM_LOGS.arguments), argv);
  qemu.console.onLine((line) => consoleLog.write(line));
  return qemu;
}

/**
 * Follows a VM from stage to stage, and to its end.
 *
 * @param announced the stages that are sure to be seen on the console
 */
export function trackStages(
  { scope, clock, context }: VmRun,
  { factor, tpm }: VmInputs,
  qemu: QemuProcess,
  announced: readonly StageName[],
): StageTracker {
  const stages = new StageTracker({
    announced: new Set(announced),
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
  const over = new AbortController();
  scope.defer('watch of swtpm', () => over.abort());
  stalledSwtpm(tpm, over.signal).then(
    (error) => stages.lose(error),
    () => undefined,
  );
  return stages;
}

function openLog({ scope, clock, context }: VmRun, name: string): TimedLog {
  const log = new TimedLog(join(context.logs, name), clock.elapsed);
  scope.defer(name, () => log[Symbol.dispose]());
  return log;
}
