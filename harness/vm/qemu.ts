import { requireReadable } from '../host/readable-files.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from './boot-stages.ts';
import { readFactor, recordFirmwareTime } from './calibration.ts';
import { overlayOnDisk } from './disk-overlay.ts';
import type { FirmwareState } from './firmware-state.ts';
import { forwardedPort } from './forwarded-port.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToPredict, withAbsolutePaths } from './machine-files.ts';
import type { Accelerator } from './qemu-arguments.ts';
import type { QemuProcess } from './qemu-process.ts';
import { RunningVm } from './running-vm.ts';
import { Swtpm } from './swtpm.ts';
import { copyVariableStore } from './variable-store.ts';
import {
  beginRun,
  startQemu,
  trackStages,
  type VmContext,
  type VmInputs,
  type VmRun,
} from './vm-run.ts';
import { startTpm } from './vm-tpm.ts';

/** What a VM is started with, besides its machine. */
export type LaunchContext = VmContext & {
  readonly accelerator: Accelerator;
  /** The boot stages that the image is sure to show on its console. */
  readonly announced?: readonly StageName[];
  /**
   * What the machine has kept of earlier boots, and keeps of this one when the VM is disposed of. Without
   * it TPM, variables and disk are new, and nothing of them stays.
   */
  readonly state?: FirmwareState;
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
  const { accelerator } = context;
  const run = await beginRun({ machine: absolute, accelerator, scope, context });
  const { state } = context;
  // Kept when QEMU and swtpm have ended, before the directory goes; what never ran leaves it as it was.
  let keep = (): Promise<void> | undefined => undefined;
  scope.defer('firmware state', () => keep());
  const inputs = await (state === undefined ? prepare(run) : prepareKept(run, state));
  const qemu = await startQemu(run, inputs);
  const stages = trackStages(run, inputs, qemu, announcedStages(absolute, context.announced));
  const sshPort = await forwardedPort(qemu.qmp);
  calibrate(run, qemu);
  run.clock.start();
  stages.begin('firmware');
  keep = () => state?.keep(run.directory.path);
  await qemu.resume();
  const parts = { ...inputs, machine: absolute, accelerator, qemu, stages, sshPort };
  return new RunningVm(
    { ...parts, directory: run.directory.path, snapshot: undefined },
    scope.move(),
    context.signal,
  );
}

/** Everything that QEMU needs, side by side: manufacturing the vTPM takes the longest. */
async function prepare(run: VmRun): Promise<VmInputs> {
  const { machine, accelerator, directory } = run;
  const [tpm, vars, overlay, address, factor] = await settleAll([
    startTpm(run, (context) => Swtpm.start(machine, context)),
    copyVariableStore(machine, directory),
    overlayOnDisk(machine, directory, run.context),
    hashTableAddress(machine),
    readFactor(run.context.cache, accelerator),
  ]);
  return { tpm, vars, overlay, hashTableAddress: address, factor };
}

/** The same from what the machine has kept. */
async function prepareKept(run: VmRun, state: FirmwareState): Promise<VmInputs> {
  const { machine, accelerator, directory } = run;
  const [tpm, files, address, factor] = await settleAll([
    startTpm(run, (context) => Swtpm.startKept(state.tpm, context)),
    state.layOut(machine, directory),
    hashTableAddress(machine),
    readFactor(run.context.cache, accelerator),
  ]);
  return { tpm, ...files, hashTableAddress: address, factor };
}

function announcedStages(machine: Machine, announced: readonly StageName[] = []) {
  // OVMF names on the console what it starts from a disk; a kernel given directly it just starts.
  const seen: readonly StageName[] = machine.boot.kind === 'disk' ? ['boot-loader'] : [];
  return [...seen, ...announced];
}

/** Keeps how long the firmware took to its first output, for the deadlines of later boots. */
function calibrate({ accelerator, scope, clock, context }: VmRun, qemu: QemuProcess): void {
  let recorded: Promise<void> | undefined;
  void qemu.console.firstOutput.then(() => {
    const seconds = clock.elapsed() / 1000;
    recorded = recordFirmwareTime(context.cache, accelerator, seconds);
    recorded.catch(() => undefined);
  });
  scope.defer('calibration', () => recorded);
}
