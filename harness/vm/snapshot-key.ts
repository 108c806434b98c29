import { createHash } from 'node:crypto';
import type { Reaper } from '../host/reaper.ts';
import { runTool } from '../host/run-tool.ts';
import { settleAll } from '../host/settle.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { argumentsByRole, machineByRole } from './arguments-by-role.ts';
import { filesToPredict, withAbsolutePaths } from './machine-files.ts';
import { type Accelerator, QEMU } from './qemu-arguments.ts';
import { visibleCpu } from './visible-cpu.ts';

/** Counts up where a snapshot's folder comes to mean something else. */
const FORMAT = 1;

const VERSION_MS = 20_000;

/** What snapshots are made with, as far as they depend on it. */
export type SnapshotKeyContext = {
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/** What a snapshot is known by, and the tools that it needs again. */
export type SnapshotIdentity = {
  /** Lower-case hex. */
  readonly key: string;
  /** What QEMU and swtpm say of their versions. */
  readonly tools: Readonly<Record<string, string>>;
};

/** What a key names besides the machine's description. */
export type SnapshotFacts = {
  readonly accelerator: Accelerator;
  readonly tools: Readonly<Record<string, string>>;
  /** SHA-256 of each of {@link filesToPredict}, lower-case hex. */
  readonly files: readonly string[];
  /** The host's processor, where the guest runs on it. */
  readonly cpu: string | undefined;
};

/**
 * Names all that a snapshot depends on: the machine, every argument of QEMU, every byte that the
 * machine boots, the versions of QEMU and swtpm, and the processor under KVM. Files may move.
 *
 * @param machine with absolute paths
 * @returns lower-case hex
 */
export function snapshotKeyOf(machine: Machine, facts: SnapshotFacts): string {
  const { boot } = machine;
  const given = boot.kind === 'disk' ? {} : { cmdline: boot.cmdline };
  const args = argumentsByRole(machine, facts.accelerator);
  const named = { format: FORMAT, machine: machineByRole(machine), given, args, ...facts };
  return createHash('sha256').update(JSON.stringify(named)).digest('hex');
}

/**
 * What a snapshot of a machine is known by on this host, wherever its boot had come to.
 *
 * @throws InfraError where a tool fails; EnvironmentError where one is missing
 */
export async function snapshotIdentity(
  machine: Machine,
  context: SnapshotKeyContext,
): Promise<SnapshotIdentity> {
  const absolute = withAbsolutePaths(machine);
  const { accelerator } = context;
  const [qemu, swtpm, cpu, ...files] = await settleAll([
    versionOf(QEMU, context),
    versionOf('swtpm', context),
    visibleCpu(accelerator),
    ...filesToPredict(absolute).map(sha256OfFile),
  ]);
  const tools = { [QEMU]: qemu, swtpm };
  return { key: snapshotKeyOf(absolute, { accelerator, tools, files, cpu }), tools };
}

async function versionOf(tool: string, context: SnapshotKeyContext): Promise<string> {
  const command = toolCommand(context.tools, tool, ['--version']);
  const text = await runTool(command, { ...context, deadlineMs: VERSION_MS });
  return text.trim().split('\n')[0] ?? '';
}
