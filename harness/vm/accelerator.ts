import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { cameInTime } from '../host/deadline.ts';
import { EnvironmentError, InfraError, StageTimeout } from '../host/errors.ts';
import { requireReadable } from '../host/readable-files.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { describeHalt } from './halt.ts';
import { filesOfFirmware, filesToPredict, withAbsolutePaths } from './machine-files.ts';
import { type Accelerator, firmwareArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';

/** What a user asks for. */
export type AcceleratorRequest = Accelerator | 'auto';

/** What is used, and why; stands in every result. */
export type AcceleratorChoice = {
  readonly accelerator: Accelerator;
  /** A sentence. */
  readonly reason: string;
  /** How long a probe guest ran for it; 0 where none did. */
  readonly probeSeconds: number;
};

/** What a probe guest is started with. */
export type ProbeContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/** Firmware under working KVM writes to its console within a second, nested within a few. */
const PROBE_MS = 10_000;

const KVM = '/dev/kvm';

/** Why KVM cannot be used, and what would help. */
type Obstacle = { readonly missing: string; readonly remedy: string };

/**
 * Decides what executes the guests. KVM is used only where a probe guest that runs this machine's
 * firmware survives it: there are hosts on which `/dev/kvm` opens, a VM can be made, and every real
 * guest dies.
 *
 * @throws EnvironmentError where KVM was asked for and does not work
 */
export async function chooseAccelerator(
  request: AcceleratorRequest,
  machine: Machine,
  context: ProbeContext,
): Promise<AcceleratorChoice> {
  if (request === 'tcg') {
    return { accelerator: 'tcg', reason: 'TCG was asked for', probeSeconds: 0 };
  }
  const startedAt = performance.now();
  const obstacle = (await deviceObstacle()) ?? (await guestObstacle(machine, context));
  const probeSeconds = (performance.now() - startedAt) / 1000;
  if (obstacle === undefined) {
    return { accelerator: 'kvm', reason: 'a probe guest ran its firmware under KVM', probeSeconds };
  }
  if (request === 'kvm') throw new EnvironmentError(obstacle);
  const reason = `TCG is used as KVM does not work: ${obstacle.missing}`;
  return { accelerator: 'tcg', reason, probeSeconds };
}

async function deviceObstacle(): Promise<Obstacle | undefined> {
  try {
    await using _device = await open(KVM, constants.O_RDWR);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code === 'EACCES' || code === 'EPERM'
      ? {
          missing: `${KVM} may not be opened by this user`,
          remedy: 'sudo usermod -aG kvm "$USER" and log in again, or use --accel tcg',
        }
      : {
          missing: `${KVM} cannot be opened (${code})`,
          remedy: 'enable virtualisation and load kvm_amd or kvm_intel, or use --accel tcg',
        };
  }
}

async function guestObstacle(
  machine: Machine,
  context: ProbeContext,
): Promise<Obstacle | undefined> {
  const problem = await probeGuest(withAbsolutePaths(machine), context);
  if (problem === undefined) return undefined;
  return {
    missing: `${KVM} opens, but a probe guest with this firmware ${problem}`,
    remedy: 'use --accel tcg, or a host with working (nested) virtualisation',
  };
}

/** Runs the firmware until it shows a sign of life; says what happened where it does not. */
async function probeGuest(machine: Machine, context: ProbeContext): Promise<string | undefined> {
  await requireReadable(filesToPredict(machine));
  await using directory = await RunDirectory.create(context.reaper);
  const vars = await copyVariableStore(machine, directory);
  try {
    await using qemu = await QemuProcess.start({
      ...context,
      directory,
      readable: filesOfFirmware(machine.firmware),
      argumentsFor: (sockets) => firmwareArguments(machine, vars, sockets, 'kvm'),
    });
    return await firstSign(qemu, context.signal);
  } catch (error) {
    const didNotStart = error instanceof InfraError || error instanceof StageTimeout;
    if (didNotStart) return `did not start: ${error.message}`;
    throw error;
  }
}

async function firstSign(
  qemu: QemuProcess,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let problem: string | undefined = `showed no sign of life in ${PROBE_MS / 1000} s`;
  await qemu.resume();
  await cameInTime({ name: 'probe guest', deadlineMs: PROBE_MS, signal }, async () => {
    problem = await Promise.race([
      qemu.console.firstOutput.then(() => undefined),
      qemu.halted.then((reason) => `${describeHalt(reason)}${kvmError(qemu)}`),
    ]);
  });
  return problem;
}

/** What KVM itself said, before QEMU's dump of the registers. */
function kvmError(qemu: QemuProcess): string {
  const line = qemu.child.lastLines.find((text) => text.startsWith('KVM internal error'));
  return line === undefined ? '' : ` (${line})`;
}
