import { truncate, writeFile } from 'node:fs/promises';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import { readFactor } from './calibration.ts';
import { createOverlay } from './disk-overlay.ts';
import { measures } from './extend-reader.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import { type MemoryRange, readMemory } from './guest-memory.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesOfFirmware, filesToBoot } from './machine-files.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';
import { lossOf } from './vm-loss.ts';
import { WitnessTpm } from './witness-tpm.ts';

/** The PCR of the firmware itself. */
const PCR = 0;

/** EV_SEPARATOR of a boot without errors (PC Client PFP 1.06, 10.4.1): the last event of PCR 0. */
const SEPARATOR = new Uint8Array(4);

/** Size of the disk that stands in the place of the machine's own. */
const BLANK_DISK_BYTES = 1 << 20;

/** What the VM and its TPM have to live to see. */
const BEFORE = 'it had measured its memory';

/** Until the measurement, before calibration; on a quiet machine it comes within a second. */
const MEASUREMENT_MS = 30_000;

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
  const { firmware, boot } = machine;
  const qemu = await QemuProcess.startIn(scope, {
    ...context,
    directory,
    readable: boot.kind === 'disk' ? filesOfFirmware(firmware) : filesToBoot(machine),
    argumentsFor: (sockets) =>
      qemuArguments(machine, { ...files, ...sockets }, context.accelerator),
  });
  const wait = {
    name: `measurement of the firmware's memory at 0x${range.address.toString(16)}`,
    deadlineMs: MEASUREMENT_MS * factor,
    signal: context.signal,
    lastLines: () => qemu.console.lastLines,
  };
  const copy = { range, file: directory.file('memory') };
  return await waitFor(wait, async (over) => {
    const taken = Promise.race([
      measuredMemory(qemu, tpm.extends(over), copy),
      lossOf(qemu, tpm, BEFORE),
    ]);
    const [memory] = await Promise.all([taken, qemu.resume()]);
    return memory;
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
  await createOverlay({ base, format: 'raw', overlay }, directory.path, context);
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
    const memory = await readMemory(qemu.qmp, copy.range, copy.file);
    if (measures(extend, memory)) return memory;
  }
  const { address, size } = copy.range;
  throw new InfraError({
    tool: 'firmware',
    problem: `measured nothing that was its memory at 0x${address.toString(16)}, ${size} bytes`,
  });
}
