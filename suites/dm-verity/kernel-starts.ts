import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ORIGIN_FILE } from '../../harness/guest/ready-vms.ts';
import { firstError, InfraError } from '../../harness/host/errors.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { hasDiskDriver } from '../../harness/vm/disk-driver.ts';
import { type ForkContext, fork } from '../../harness/vm/fork.ts';
import { type LaunchContext, launch } from '../../harness/vm/qemu.ts';
import type { RunningVm } from '../../harness/vm/running-vm.ts';
import type { Snapshot } from '../../harness/vm/snapshot.ts';
import { SnapshotCache } from '../../harness/vm/snapshot-cache.ts';
import { type SnapshotIdentity, snapshotIdentity } from '../../harness/vm/snapshot-key.ts';
import { takeSnapshot } from '../../harness/vm/take-snapshot.ts';

/** How often a machine is booted at most to be stopped in time: a second lies between kernel and driver. */
const ATTEMPTS = 3;

/** A start that is there, and whether this process has made it. */
type Start = { readonly snapshot: Snapshot; readonly isOurs: boolean };

/**
 * Boots up to where the kernel has started its initrd and has read nothing of the disk: what happens to the
 * disk then is as if it had been so from power-on, to all but the firmware. Each is made once, and kept for
 * later runs.
 */
export class KernelStarts {
  readonly #cache: SnapshotCache;
  /** By the paths of disk and variable store. */
  readonly #starts = new Map<string, Promise<Start>>();

  /** @param cache absolute path of the workspace's cache */
  constructor(cache: string) {
    this.#cache = new SnapshotCache(cache);
  }

  /**
   * Goes on from a machine's start, with another disk. A start of an earlier run with which that fails is
   * dropped, and made anew.
   *
   * @param machine boots from the disk that the start is made with
   * @param boot the disk that the kernel is to find
   * @throws what {@link launch} and {@link fork} throw
   */
  async goOn(
    machine: Machine,
    boot: Machine['boot'],
    context: LaunchContext & ForkContext,
  ): Promise<RunningVm> {
    const name = JSON.stringify([machine.boot, machine.firmware]);
    const asked = this.#start(name, machine, context);
    const start = await asked;
    try {
      return await goOnFrom(start, { ...machine, boot }, context);
    } catch (error) {
      if (start.isOurs || !(firstError(error) instanceof InfraError)) throw error;
      await this.#drop(name, asked, start);
      return await goOnFrom(
        await this.#start(name, machine, context),
        { ...machine, boot },
        context,
      );
    }
  }

  /** Several go on from one start, and each may find that it cannot: the first drops it. */
  async #drop(name: string, asked: Promise<Start>, { snapshot }: Start): Promise<void> {
    if (this.#starts.get(name) !== asked) return;
    this.#starts.delete(name);
    await this.#cache.drop(snapshot.key);
  }

  #start(name: string, machine: Machine, context: LaunchContext): Promise<Start> {
    const start = this.#starts.get(name) ?? this.#find(machine, context);
    this.#starts.set(name, start);
    return start;
  }

  async #find(machine: Machine, context: LaunchContext): Promise<Start> {
    const ready = await snapshotIdentity(machine, context);
    const identity = { ...ready, key: keyOfStart(ready.key) };
    const kept = await this.#cache.open(identity.key).catch(dropped);
    if (kept !== undefined) return { snapshot: kept, isOurs: false };
    return { snapshot: await this.#make(machine, identity, context), isOurs: true };
  }

  /** @throws InfraError where the kernel has a driver for the disk each time, before it can be stopped */
  async #make(
    machine: Machine,
    identity: SnapshotIdentity,
    context: LaunchContext,
  ): Promise<Snapshot> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const snapshot = await this.#tryToMake(machine, identity, context);
      if (snapshot !== undefined) return snapshot;
    }
    const problem = `was stopped too late ${ATTEMPTS} times: the kernel had a driver for its disk`;
    throw new InfraError({ tool: `start of ${machine.name}`, problem });
  }

  async #tryToMake(
    machine: Machine,
    identity: SnapshotIdentity,
    context: LaunchContext,
  ): Promise<Snapshot | undefined> {
    await using vm = await launch(machine, { ...context, logs: `${context.logs}-start` });
    await vm.reach('kernel');
    await vm.qmp.execute('stop');
    if (await hasDiskDriver(vm.qmp)) return undefined;
    return await this.#cache.put(identity.key, context.reaper, (directory) =>
      takeSnapshot(vm, directory, identity),
    );
  }
}

/** All that was started is one guest but for its disk, and says where it was started. */
async function goOnFrom(
  { snapshot }: Start,
  machine: Machine,
  context: ForkContext,
): Promise<RunningVm> {
  const { key, stage, takenAt } = snapshot;
  const origin = `goes on from snapshot ${key} of stage ${stage}, taken at ${takenAt}\n`;
  await writeFile(join(context.logs, ORIGIN_FILE), origin);
  return await fork(machine, snapshot, context);
}

/** A machine has another snapshot where it answers. */
function keyOfStart(key: string): string {
  return createHash('sha256').update(`${key}: start of the kernel`).digest('hex');
}

/** One that is damaged is gone by now. */
function dropped(error: unknown): undefined {
  if (!(firstError(error) instanceof InfraError)) throw error;
}
