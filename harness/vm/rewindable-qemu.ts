import type { RunDirectory } from '../host/run-directory.ts';
import type { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import { createOverlay } from './disk-overlay.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import { type KeptStore, keptStore } from './kept-store.ts';
import { filesToBoot } from './machine-files.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { QemuProcess } from './qemu-process.ts';
import { copyVariableStore } from './variable-store.ts';

/** What such a machine runs from, its TPM's control socket among it. */
type Files = {
  readonly tpm: string;
  readonly vars: string;
  readonly overlay: string;
  readonly kept: KeptStore;
};

/**
 * Files of its own for all that a machine may write: a state goes into overlays alone.
 *
 * @param machine with absolute paths; it boots from a disk and has a variable store
 * @throws InfraError where qemu-img fails
 */
export async function rewindableFiles(
  machine: Machine,
  kept: KeptStore,
  directory: RunDirectory,
  context: FirmwareRunContext,
) {
  const { boot } = machine;
  const store = await copyVariableStore(machine, directory);
  if (boot.kind !== 'disk' || store === undefined) {
    throw new TypeError(`${machine.name} has no disk, or no variable store`);
  }
  const overlay = directory.file('disk.qcow2');
  const vars = kept === 'in memory' ? store : directory.file('vars.qcow2');
  const over = (base: string, format: 'raw' | 'qcow2', to: string) =>
    createOverlay({ base, format, overlay: to }, directory.path, context);
  await settleAll([
    over(boot.path, boot.format, overlay),
    ...(kept === 'in memory' ? [] : [over(store, 'raw', vars)]),
  ]);
  return { vars, overlay, kept };
}

/**
 * Starts the QEMU of a machine that is rewound, paused before its first instruction; the scope ends it.
 *
 * @throws InfraError where QEMU ends, or does not speak QMP
 */
export async function startRewindableQemu(
  scope: Scope,
  machine: Machine,
  files: Files,
  directory: RunDirectory,
  context: FirmwareRunContext,
): Promise<QemuProcess> {
  const store = await keptStore(machine, files);
  return QemuProcess.startIn(scope, {
    ...context,
    directory,
    readable: filesToBoot(machine),
    argumentsFor: (sockets) => [
      ...qemuArguments(machine, { ...files, ...sockets }, context.accelerator).map(store.drive),
      ...store.others,
      // A guest that ends itself is gone back with like any other.
      '-no-shutdown',
    ],
  });
}
