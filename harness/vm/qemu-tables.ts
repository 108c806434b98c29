import { cameInTime } from '../host/deadline.ts';
import { requireReadable } from '../host/readable-files.ts';
import type { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Tools } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { overlayOnDisk } from './disk-overlay.ts';
import { setUpAsFirmware } from './firmware-setup.ts';
import { FwCfg, missing } from './fw-cfg.ts';
import { hashTableAddress } from './hash-table-address.ts';
import { filesToBoot, filesToPredict, withAbsolutePaths } from './machine-files.ts';
import {
  type Accelerator,
  type ControlSockets,
  qemuArguments,
  qtestArguments,
} from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { listenForQemu } from './qemu-socket.ts';
import { Qtest } from './qtest.ts';
import { Swtpm } from './swtpm.ts';
import { copyVariableStore } from './variable-store.ts';

/** What QEMU is asked with. */
export type TablesContext = {
  readonly tools: Tools;
  /** The one that the machine is to boot with: what the processor can do depends on it. */
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
};

/** Larger files are programs, and measured by nobody as tables. */
const MAX_FILE_BYTES = 4 << 20;

/** What the firmware reads first of QEMU's ACPI tables. */
const FIRST_TABLE = 'etc/table-loader';

/** How long a process that broke a connection may take to end. */
const END_MS = 1_000;

/**
 * Asks QEMU for what it tells the firmware of this machine: every fw_cfg file up to 4 MiB, with the
 * bytes that the firmware reads after it has set up PCI. QEMU is started as for a boot, but runs no
 * instruction; the harness sets up the chipset and PCI as OVMF does.
 *
 * @returns the files by their fw_cfg name
 * @throws UsageError where a file of the machine cannot be read; InfraError where QEMU, swtpm or a
 *   tool fails; StageTimeout where one takes too long; FormatError where what QEMU tells is damaged
 */
export async function readQemuTables(
  machine: Machine,
  context: TablesContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const absolute = withAbsolutePaths(machine);
  await requireReadable(filesToPredict(absolute));
  await using scope = new Scope(`tables of ${machine.name}`);
  const { qemu, connection } = await startPaused(absolute, context, scope);
  return await orItsEnd(qemu, async () => {
    const qtest = new Qtest(await connection());
    scope.defer('qtest connection', () => qtest[Symbol.dispose]());
    const { signal } = context;
    const fwCfg = new FwCfg(qtest, signal);
    await setUpAsFirmware({ machine: absolute, qmp: qemu.qmp, qtest, fwCfg, signal });
    return await readFiles(fwCfg);
  });
}

/** A process that ends explains why better than the connection that it breaks. */
async function orItsEnd<T>({ child }: QemuProcess, work: () => Promise<T>): Promise<T> {
  const died = child.exit.then((exit) => Promise.reject(child.failure(exit)));
  try {
    return await Promise.race([work(), died]);
  } catch (error) {
    await cameInTime({ name: 'end of QEMU', deadlineMs: END_MS }, () => died);
    throw error;
  }
}

async function startPaused(machine: Machine, context: TablesContext, scope: Scope) {
  const { tools, reaper, signal } = context;
  const directory = scope.use('run directory', await RunDirectory.create(reaper));
  const [tpm, overlay, vars, address] = await settleAll([
    startTpm(context, directory, scope),
    overlayOnDisk(machine, directory, context),
    copyVariableStore(machine, directory),
    hashTableAddress(machine),
  ]);
  const socket = await listenForQemu('qtest', directory, scope);
  const run = { tpm: tpm.socket, vars, overlay, hashTableAddress: address };
  const qemu = await QemuProcess.startIn(scope, {
    ...{ tools, reaper, signal, directory },
    readable: filesToBoot(machine),
    argumentsFor: (sockets: ControlSockets) => [
      ...qemuArguments(machine, { ...sockets, ...run }, context.accelerator),
      ...qtestArguments(socket.path),
    ],
  });
  return { qemu, connection: () => socket.connected(signal) };
}

async function startTpm(context: TablesContext, directory: RunDirectory, scope: Scope) {
  return scope.use('swtpm', await Swtpm.startBlank({ ...context, directory }));
}

/** QEMU makes its tables, and knows their sizes, when the first of them is read. */
async function readFiles(fwCfg: FwCfg): Promise<ReadonlyMap<string, Uint8Array>> {
  if ((await fwCfg.find(FIRST_TABLE)) === undefined) throw missing(FIRST_TABLE);
  const files = new Map<string, Uint8Array>();
  for (const file of await fwCfg.files()) {
    if (file.size <= MAX_FILE_BYTES) files.set(file.name, await fwCfg.read(file));
  }
  return files;
}
