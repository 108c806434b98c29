import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import { readFactor } from './calibration.ts';
import { createOverlay } from './disk-overlay.ts';
import { measures } from './firmware-memory-extends.ts';
import { WitnessTpm } from './firmware-memory-tpm.ts';
import { describeHalt } from './halt.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesOfFirmware, filesToBoot } from './machine-files.ts';
import {
  type Accelerator,
  type ControlSockets,
  qemuArguments,
  type RunFiles,
} from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';

/** The PCR of the firmware itself. */
const PCR = 0;

/** EV_SEPARATOR of a boot without errors (PC Client PFP 1.06, 10.4.1): the last event of PCR 0. */
const SEPARATOR = new Uint8Array(4);

/** Size of the disk that stands in the place of the machine's own. */
const BLANK_DISK_BYTES = 1 << 20;

const OVERLAY_MS = 20_000;

/** Until the measurement, before calibration; on a quiet machine it comes within a second. */
const MEASUREMENT_MS = 30_000;

/** Slot of the clean-up: longer than the deadlines of its own steps together. */
const QEMU_SLOT_MS = 20_000;

/** What a firmware is run with, besides its machine. */
export type FirmwareRunContext = {
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  /** Directory that keeps the calibration between runs. */
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
};

/** Where in guest memory something is. */
export type MemoryRange = {
  /** Guest physical address. */
  readonly address: number;
  /** In bytes. */
  readonly size: number;
};

/**
 * Runs a machine's firmware, with a blank disk in place of the machine's own, until it measures a
 * range of its memory, and takes that range. There are two witnesses: the memory, read through QEMU,
 * and the digest that the vTPM was sent.
 *
 * @param machine with absolute paths
 * @returns the bytes, whose digest is what the firmware has extended PCR 0 with
 * @throws InfraError where the firmware measures all else and never these bytes, or QEMU or swtpm
 *   break; StageTimeout where it measures nothing; the reason of `context.signal` where that aborts
 */
export async function takeMeasuredMemory(
  machine: Machine,
  range: MemoryRange,
  context: FirmwareRunContext,
): Promise<Uint8Array> {
  await using scope = new Scope(`firmware of ${machine.name}`);
  const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
  const [tpm, vars, overlay, hashTable, factor] = await settleAll([
    WitnessTpm.startIn(scope, { ...context, directory }),
    copyVariableStore(machine, directory),
    blankDisk(machine, directory, context),
    hashTableAddress(machine),
    readFactor(context.cache, context.accelerator),
  ]);
  const files = { tpm: tpm.socket, vars, overlay, hashTableAddress: hashTable };
  const starting = startQemu(machine, files, directory, context);
  const qemu = scope.use('QEMU', await starting, QEMU_SLOT_MS);
  const wait = {
    name: `measurement of the firmware's memory at 0x${range.address.toString(16)}`,
    deadlineMs: MEASUREMENT_MS * factor,
    signal: context.signal,
    lastLines: () => qemu.console.lastLines,
  };
  const copy = { range, file: directory.file('memory') };
  return await waitFor(wait, async (over) => {
    const taken = Promise.race([measuredMemory(qemu, tpm.extends(over), copy), lossOf(qemu, tpm)]);
    const [memory] = await Promise.all([taken, qemu.resume()]);
    return memory;
  });
}

function startQemu(
  machine: Machine,
  files: Omit<RunFiles, keyof ControlSockets>,
  directory: RunDirectory,
  context: FirmwareRunContext,
): Promise<QemuProcess> {
  const { firmware, boot } = machine;
  return QemuProcess.start({
    ...context,
    directory,
    readable: boot.kind === 'disk' ? filesOfFirmware(firmware) : filesToBoot(machine),
    argumentsFor: (sockets) =>
      qemuArguments(machine, { ...files, ...sockets }, context.accelerator),
  });
}

/** The device must be there, as the firmware is told of it; what is on it is no part of this. */
async function blankDisk(
  machine: Machine,
  directory: RunDirectory,
  context: FirmwareRunContext,
): Promise<string | undefined> {
  if (machine.boot.kind !== 'disk') return undefined;
  const base = directory.file('blank.raw');
  const overlay = directory.file('blank.qcow2');
  await writeFile(base, '');
  await truncate(base, BLANK_DISK_BYTES);
  const run = { ...context, deadlineMs: OVERLAY_MS };
  await createOverlay({ base, format: 'raw', overlay }, directory.path, context.tools, run);
  return overlay;
}

/** Which memory is copied, and to which file. */
type Copy = { readonly range: MemoryRange; readonly file: string };

/**
 * The firmware waits for its TPM while an extend is made, and uses the volume little afterwards: its
 * memory still holds what it has measured, or the digest would not be the same.
 */
async function measuredMemory(
  qemu: QemuProcess,
  extended: AsyncIterable<PcrExtend>,
  copy: Copy,
): Promise<Uint8Array> {
  for await (const extend of extended) {
    if (extend.pcr !== PCR) continue;
    if (measures(extend, SEPARATOR)) break;
    const memory = await readMemory(qemu, copy);
    if (measures(extend, memory)) return memory;
  }
  const { address, size } = copy.range;
  throw new InfraError({
    tool: 'firmware',
    problem: `measured nothing that was its memory at 0x${address.toString(16)}, ${size} bytes`,
  });
}

async function readMemory(qemu: QemuProcess, { range, file }: Copy): Promise<Uint8Array> {
  await qemu.qmp.execute('pmemsave', { val: range.address, size: range.size, filename: file });
  const memory = await readFile(file);
  await rm(file);
  return memory;
}

/** The VM or its TPM ends before anything is measured. */
async function lossOf(qemu: QemuProcess, tpm: WitnessTpm): Promise<never> {
  const lost = qemu.halted.then((reason) => {
    const problem = `${describeHalt(reason)} before it had measured its memory`;
    return new InfraError({ tool: 'firmware', problem, lastLines: qemu.console.lastLines });
  });
  throw await Promise.race([lost, tpm.child.exit.then((exit) => tpm.child.failure(exit))]);
}
