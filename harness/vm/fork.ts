import { constants } from 'node:fs';
import { copyFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { needingSpace } from '../host/disk-space.ts';
import { InfraError } from '../host/errors.ts';
import { requireReadable } from '../host/readable-files.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import { argumentsByRole } from './arguments-by-role.ts';
import type { StageName } from './boot-stages.ts';
import { readFactor } from './calibration.ts';
import { createOverlay, failSector } from './disk-overlay.ts';
import { requireForkable } from './forkable.ts';
import { forwardedPort } from './forwarded-port.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToBoot, withAbsolutePaths } from './machine-files.ts';
import { loadState } from './migration.ts';
import { RunningVm } from './running-vm.ts';
import { requireWhole, SNAPSHOT_CERTIFICATES, SNAPSHOT_FILES, type Snapshot } from './snapshot.ts';
import { Swtpm } from './swtpm.ts';
import type { SwtpmContext } from './swtpm-context.ts';
import {
  beginRun,
  startQemu,
  trackStages,
  type VmContext,
  type VmInputs,
  type VmRun,
} from './vm-run.ts';
import { startTpm } from './vm-tpm.ts';

/** What a fork is started with, besides its snapshot. */
export type ForkContext = VmContext & {
  /** The boot stages that are still sure to be seen on its console. */
  readonly announced?: readonly StageName[];
  /** A sector of 512 bytes, counted from the start of the disk, that QEMU fails to read. */
  readonly unreadableSector?: number | undefined;
};

/** QEMU waits to be told where its state is. */
const INCOMING = ['-incoming', 'defer'];

/**
 * Goes on from a snapshot in a VM of its own: with its own QEMU, vTPM, overlay, variables and port. What
 * one fork does, neither another nor the snapshot sees. All forks are the same guest: they have one host
 * key, one EK, and the same state of every random number generator. Connections that were open when
 * the snapshot was taken are dead.
 *
 * A fork proves nothing about a boot: that was made once, before. It is for what is done after.
 *
 * @param given the machine; the snapshot names files as they lay where it was taken, and a checkout may move
 * @returns the VM, running; it counts as ready only once somebody calls `stages.complete()`, as after
 *   a boot
 * @throws InfraError where the snapshot cannot be loaded, QEMU, swtpm or a tool fails; UsageError where
 *   a file of the machine is gone; EnvironmentError where a tool is missing or the guest is
 *   confidential; the reason of `context.signal` where that aborts
 */
export async function fork(
  given: Machine,
  kept: Snapshot,
  context: ForkContext,
): Promise<RunningVm> {
  const machine = withAbsolutePaths(given);
  const snapshot = { ...kept, machine };
  const { accelerator, stage } = snapshot;
  requireForkable(machine);
  await requireReadable(filesToBoot(machine));
  await requireWhole(snapshot);
  requireSameArguments(snapshot);
  await using scope = new Scope(`fork of ${machine.name}`);
  const run = await beginRun({ machine, accelerator, scope, context });
  const inputs = await prepare(run, snapshot, context.unreadableSector);
  const state = join(snapshot.directory, SNAPSHOT_FILES.state);
  const qemu = await startQemu(run, inputs, INCOMING, [snapshot.directory]);
  const stages = trackStages(run, inputs, qemu, context.announced ?? []);
  await loadState(qemu, state, context.signal);
  const sshPort = await forwardedPort(qemu.qmp);
  run.clock.start();
  stages.begin(stage);
  await qemu.resume();
  const parts = { ...inputs, machine, accelerator, qemu, stages, sshPort, snapshot: snapshot.key };
  return new RunningVm({ ...parts, directory: run.directory.path }, scope.move(), context.signal);
}

/** QEMU loads a state only into the devices that it was written from. */
function requireSameArguments({ key, machine, accelerator, arguments: written }: Snapshot): void {
  const now = argumentsByRole(machine, accelerator);
  if (JSON.stringify(now) === JSON.stringify(written)) return;
  const problem = `${key} was taken of a QEMU with other arguments: ${written.join(' ')}`;
  throw new InfraError({ tool: 'snapshot', problem });
}

/** Everything that QEMU needs, side by side. */
async function prepare(
  run: VmRun,
  snapshot: Snapshot,
  unreadableSector: number | undefined,
): Promise<VmInputs> {
  const { machine, accelerator } = snapshot;
  const [tpm, vars, overlay, address, factor] = await settleAll([
    startTpm(run, (context) => emptyTpm(snapshot, context)),
    copyVars(run, snapshot),
    makeOverlay(run, snapshot, unreadableSector),
    hashTableAddress(machine),
    readFactor(run.context.cache, accelerator),
  ]);
  return { tpm, vars, overlay, hashTableAddress: address, factor };
}

/** The TPM's state travels in QEMU's; its certificates are files of the harness. */
async function emptyTpm(snapshot: Snapshot, context: SwtpmContext): Promise<Swtpm> {
  const tpm = await Swtpm.startBlank(context);
  const certificates = join(snapshot.directory, SNAPSHOT_CERTIFICATES);
  await cp(certificates, tpm.certificates, { recursive: true });
  return tpm;
}

async function copyVars({ directory }: VmRun, snapshot: Snapshot): Promise<string | undefined> {
  if (snapshot.machine.firmware.kind === 'bios') return undefined;
  const vars = directory.file('vars.fd');
  const kept = join(snapshot.directory, SNAPSHOT_FILES.vars);
  await needingSpace(directory.path, copyFile(kept, vars, constants.COPYFILE_FICLONE));
  return vars;
}

async function makeOverlay(
  { directory, context }: VmRun,
  { machine, directory: home }: Snapshot,
  unreadableSector: number | undefined,
): Promise<string | undefined> {
  if (machine.boot.kind !== 'disk') return undefined;
  const overlay = directory.file('disk.qcow2');
  const base = join(home, SNAPSHOT_FILES.overlay);
  const { path, format } = machine.boot;
  const below = { path, format };
  if (unreadableSector === undefined) {
    const image = { base, format: 'qcow2', overlay, below } as const;
    await createOverlay(image, directory.path, context);
  } else {
    // A backing file that is no file of its own cannot be overridden from above.
    await copyFile(base, overlay, constants.COPYFILE_FICLONE);
    await failSector(overlay, below, unreadableSector, directory.path, context);
  }
  return overlay;
}
