import { constants } from 'node:fs';
import { copyFile, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { UsageError } from '../host/errors.ts';
import { settleAll } from '../host/settle.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { argumentsByRole } from './arguments-by-role.ts';
import { requireForkable } from './forkable.ts';
import { saveState } from './migration.ts';
import type { RunningVm } from './running-vm.ts';
import {
  SNAPSHOT_CERTIFICATES,
  SNAPSHOT_FILES,
  type Snapshot,
  type SnapshotIndex,
  snapshotIndexFile,
} from './snapshot.ts';
import type { SnapshotIdentity } from './snapshot-key.ts';

/**
 * Stops a VM, writes it down, and lets it go on. QEMU flushes every disk as it stops, and nothing is
 * written while the disks are copied: memory, TPM, variables and disk are of one moment.
 *
 * @param directory absolute path of the snapshot's folder; made where it is not there
 * @param identity what the snapshot depends on
 * @throws EnvironmentError where the guest is confidential; UsageError where it is a fork itself;
 *   InfraError where QEMU cannot write it; what {@link RunningVm.during} throws
 */
export async function takeSnapshot(
  vm: RunningVm,
  directory: string,
  identity: SnapshotIdentity,
): Promise<Snapshot> {
  requireForkable(vm.machine);
  if (vm.snapshot !== undefined) {
    throw new UsageError('a fork has no disk of its own to be written down: take the booted VM');
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { stage } = vm.stages;
  await vm.during((signal) => whileStopped(vm, () => write(vm, directory, signal)));
  const index: SnapshotIndex = {
    ...identity,
    machine: vm.machine,
    accelerator: vm.accelerator,
    stage,
    arguments: [...argumentsByRole(vm.machine, vm.accelerator)],
    files: await digests(directory),
    takenAt: new Date().toISOString(),
  };
  await writeFileAtomically(snapshotIndexFile(directory), `${JSON.stringify(index, null, 1)}\n`);
  return { ...index, directory };
}

async function whileStopped(vm: RunningVm, write: () => Promise<void>): Promise<void> {
  await vm.qmp.execute('stop');
  try {
    await write();
  } finally {
    await vm.qmp.execute('cont');
  }
}

/** QEMU writes into the VM's own directory, as it is shown no other. */
async function write(vm: RunningVm, directory: string, signal: AbortSignal): Promise<void> {
  const state = join(vm.directory, SNAPSHOT_FILES.state);
  await saveState(vm.qmp, state, signal);
  const copies = [
    move(state, join(directory, SNAPSHOT_FILES.state)),
    copy(vm.vars, join(directory, SNAPSHOT_FILES.vars)),
    copy(vm.overlay, join(directory, SNAPSHOT_FILES.overlay)),
    cp(vm.tpm.certificates, join(directory, SNAPSHOT_CERTIFICATES), { recursive: true }),
  ];
  // Where one fails, whoever takes the folder away must not be overtaken by the others.
  await settleAll(copies);
}

/** Between file systems a file cannot be renamed. */
async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async () => {
    await copy(from, to);
    await rm(from);
  });
}

async function copy(from: string | undefined, to: string): Promise<void> {
  if (from !== undefined) await copyFile(from, to, constants.COPYFILE_FICLONE);
}

async function digests(directory: string): Promise<SnapshotIndex['files']> {
  const entries = Object.values(SNAPSHOT_FILES).map(async (name) => {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return [];
    return [[name, { bytes: found.size, sha256: await sha256OfFile(path) }] as const];
  });
  return Object.fromEntries((await Promise.all(entries)).flat());
}
