import { readFile } from 'node:fs/promises';
import type { Scope } from '../host/scope.ts';
import type { Machine } from '../machine/machine.ts';
import type { FirmwareSnapshot } from './firmware-snapshot.ts';
import { loadState } from './migration.ts';
import { qtestArguments } from './qemu-arguments.ts';
import { type QemuContext, QemuProcess } from './qemu-process.ts';
import { listenForQemu } from './qemu-socket.ts';
import { Qtest } from './qtest.ts';

/** QEMU waits to be told where its state is. */
const INCOMING = ['-incoming', 'defer'];

/** What a firmware that goes on finds of its machine. */
export type ForkedMachine = {
  readonly machine: Machine;
  /** Where it looks for the table of kernel hashes: guest physical address. */
  readonly hashTableAddress: number;
};

/**
 * Starts a QEMU that goes on from where a firmware was written down, paused there. The table of kernel hashes
 * of its machine is written into memory that held none, as QEMU's loader device does at power-on alone.
 *
 * @throws InfraError where QEMU cannot read the state, or ends; StageTimeout where it takes too long
 */
export async function startFirmwareFork(
  scope: Scope,
  snapshot: FirmwareSnapshot,
  { machine, hashTableAddress }: ForkedMachine,
  context: QemuContext,
): Promise<QemuProcess> {
  const socket = await listenForQemu('qtest', context.directory, scope);
  const qemu = await QemuProcess.startIn(scope, {
    ...context,
    readable: [...context.readable, snapshot.file],
    argumentsFor: (sockets) => [
      ...context.argumentsFor(sockets),
      ...INCOMING,
      ...qtestArguments(socket.path),
    ],
  });
  await loadState(qemu, snapshot.file, context.signal);
  const table = machine.boot.kind === 'kernel' ? machine.boot.hashesTable : undefined;
  if (table === undefined) return qemu;
  using qtest = new Qtest(await socket.connected(context.signal));
  await qtest.run([written(hashTableAddress, await readFile(table))], context.signal);
  return qemu;
}

/** The command that writes bytes into guest memory (QEMU, system/qtest.c). */
function written(address: number, bytes: Uint8Array): string {
  const data = Buffer.from(bytes).toString('hex');
  return `write 0x${address.toString(16)} 0x${bytes.length.toString(16)} 0x${data}`;
}
