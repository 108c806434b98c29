import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cameInTime, poll } from '../../harness/host/deadline.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { processesWith } from '../../harness/host/process-table.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { type LaunchContext, launch } from '../../harness/vm/qemu.ts';
import type { RunningVm } from '../../harness/vm/running-vm.ts';
import { filesWith } from './left-behind.ts';

/** How a VM may end. */
export const ENDS = [
  'power-off',
  'SIGKILL of QEMU',
  'SIGKILL of swtpm',
  'SIGKILL of the harness',
] as const;

export type VmEnd = (typeof ENDS)[number];

/** What was seen of a VM's TPM on the host while it lived, and when it had ended. */
export type Remains = {
  /** Paths of files, and what of the TPM they hold. */
  readonly alive: readonly string[];
  /** The same, with processes and directories that are left. */
  readonly ended: readonly string[];
};

/** How long a killed harness's reaper may take. */
const REAPED_MS = 15_000;
const POLL_MS = 50;

const HARNESS = fileURLToPath(new URL('killed-harness.ts', import.meta.url));

/**
 * Launches a VM, ends it, and looks for what is left of its TPM.
 *
 * @throws InfraError where the VM cannot be launched
 */
export async function remainsOf(
  end: VmEnd,
  machine: Machine,
  context: LaunchContext,
): Promise<Remains> {
  return end === 'SIGKILL of the harness'
    ? await remainsOfHarness(machine, context)
    : await remainsOfVm(end, machine, context);
}

async function remainsOfVm(
  end: Exclude<VmEnd, 'SIGKILL of the harness'>,
  machine: Machine,
  context: LaunchContext,
): Promise<Remains> {
  const since = Date.now();
  await using vm = await launch(machine, context);
  const secrets = await secretsIn(vm.directory);
  const alive = await filesWith(secrets, since, [context.logs]);
  await endOf(end, vm);
  await vm.close();
  return { alive, ended: await leftOf(vm.directory, secrets, since, context) };
}

async function endOf(end: VmEnd, vm: RunningVm): Promise<void> {
  if (end === 'power-off') return;
  const home = end === 'SIGKILL of QEMU' ? vm.directory : join(vm.directory, 'tpm');
  for (const pid of processesWith(`TMPDIR=${home}`)) process.kill(pid, 'SIGKILL');
  await (end === 'SIGKILL of QEMU' ? vm.halted : vm.tpm.child.exit);
}

async function remainsOfHarness(machine: Machine, context: LaunchContext): Promise<Remains> {
  const since = Date.now();
  const { tools, accelerator, logs, cache } = context;
  const given = JSON.stringify({ machine, context: { tools, accelerator, logs, cache } });
  const harness = execa(process.execPath, [HARNESS, given], { reject: false, buffer: false });
  const directory = await firstLine(harness.stdout);
  const secrets = await secretsIn(directory);
  const alive = await filesWith(secrets, since, [logs]);
  harness.kill('SIGKILL');
  await harness;
  const wait = { name: 'the reaper of a killed harness', deadlineMs: REAPED_MS };
  await cameInTime(wait, (over) => poll(() => isGone(directory), POLL_MS, over));
  return { alive, ended: await leftOf(directory, secrets, since, context) };
}

async function firstLine(output: AsyncIterable<unknown>): Promise<string> {
  for await (const chunk of output) return String(chunk).trim();
  throw new InfraError({ tool: 'a second harness', problem: 'launched no VM' });
}

function isGone(directory: string): true | undefined {
  return existsSync(directory) || processesOf(directory).length > 0 ? undefined : true;
}

function processesOf(directory: string): readonly number[] {
  return [directory, join(directory, 'tpm')].flatMap((home) => processesWith(`TMPDIR=${home}`));
}

async function leftOf(
  directory: string,
  secrets: Readonly<Record<string, Uint8Array>>,
  since: number,
  { logs }: LaunchContext,
): Promise<readonly string[]> {
  return [
    ...(existsSync(directory) ? [`directory ${directory}`] : []),
    ...processesOf(directory).map((pid) => `process ${pid}`),
    ...(await filesWith(secrets, since, [logs])),
  ];
}

/** What the host must not keep of a TPM: its state, its certificate, the key that certified it. */
async function secretsIn(directory: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const state = join(directory, 'tpm', 'state');
  const certificates = join(directory, 'tpm', 'certificates');
  const [stateFile = ''] = (await readdir(state)).filter((name) => name.endsWith('permall'));
  const names = await readdir(certificates);
  const ofCertificates = names
    .filter((name) => name.endsWith('.crt') || name === 'signkey.pem')
    .map(async (name) => [name, await readFile(join(certificates, name))] as const);
  return {
    'state of the TPM': unlikely(await readFile(join(state, stateFile))),
    ...Object.fromEntries(await Promise.all(ofCertificates)),
  };
}

const UNLIKELY_BYTES = 64;

/** A piece that no other file holds by chance: most of its bytes differ. */
function unlikely(bytes: Uint8Array): Uint8Array {
  for (let offset = 0; offset + UNLIKELY_BYTES <= bytes.length; offset += UNLIKELY_BYTES) {
    const piece = bytes.subarray(offset, offset + UNLIKELY_BYTES);
    if (new Set(piece).size > UNLIKELY_BYTES * 0.75) return piece;
  }
  throw new InfraError({ tool: 'swtpm', problem: 'keeps a state without a random number in it' });
}
