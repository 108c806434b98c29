import { createHash } from 'node:crypto';
import type { Reaper } from '../host/reaper.ts';
import { runTool } from '../host/run-tool.ts';
import { settleAll } from '../host/settle.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { argumentsByRole } from './arguments-by-role.ts';
import { type Accelerator, QEMU } from './qemu-arguments.ts';
import { visibleCpu } from './visible-cpu.ts';

const VERSION_MS = 20_000;

/** What the firmware is run with, as far as its memory depends on it. */
export type KeyContext = {
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/** What a key names besides the machine's description. */
export type KeyFacts = {
  readonly accelerator: Accelerator;
  /** What QEMU says of its version. */
  readonly qemu: string;
  /** SHA-256 of the firmware's code, lower-case hex. */
  readonly code: string;
  /** SHA-256 of the variable store, lower-case hex, where it is a file of its own. */
  readonly vars: string | undefined;
  /** The host's processor, where the guest sees what it can do. */
  readonly cpu: string | undefined;
};

/**
 * Names all that the firmware's memory depends on: its code and variables, QEMU's version, and every
 * argument that QEMU is given, and so the machine's type, memory, vCPUs, CPU and devices, in their
 * order, and how many files fw_cfg has. What is on disks and in kernels is no part of it.
 *
 * @returns lower-case hex
 */
export function keyOf(machine: Machine, facts: KeyFacts): string {
  const args = argumentsByRole(machine, facts.accelerator);
  return createHash('sha256')
    .update(JSON.stringify({ ...facts, args }))
    .digest('hex');
}

/**
 * The key of a machine on this host.
 *
 * @param machine with absolute paths
 * @returns as {@link keyOf} does
 */
export async function firmwareMemoryKey(machine: Machine, context: KeyContext): Promise<string> {
  const { firmware } = machine;
  const { tools, accelerator } = context;
  const version = toolCommand(tools, QEMU, ['--version']);
  const [qemu, code, vars, cpu] = await settleAll([
    runTool(version, { ...context, deadlineMs: VERSION_MS }),
    sha256OfFile(firmware.kind === 'bios' ? firmware.image : firmware.code),
    storeDigest(firmware),
    visibleCpu(accelerator),
  ]);
  return keyOf(machine, { accelerator, qemu: qemu.trim(), code, vars, cpu });
}

/** Firmware in one image has no store of its own. */
async function storeDigest(firmware: Machine['firmware']): Promise<string | undefined> {
  return firmware.kind === 'bios' ? undefined : await sha256OfFile(firmware.vars);
}
