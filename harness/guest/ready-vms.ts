import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../bytes/format-error.ts';
import { EnvironmentError, firstError, UsageError } from '../host/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { fork } from '../vm/fork.ts';
import { requireForkable } from '../vm/forkable.ts';
import { withAbsolutePaths } from '../vm/machine-files.ts';
import { type LaunchContext, launch } from '../vm/qemu.ts';
import type { RunningVm } from '../vm/running-vm.ts';
import type { Snapshot } from '../vm/snapshot.ts';
import { SnapshotCache } from '../vm/snapshot-cache.ts';
import { type SnapshotIdentity, snapshotIdentity } from '../vm/snapshot-key.ts';
import { takeSnapshot } from '../vm/take-snapshot.ts';
import { GuestSsh } from './guest-ssh.ts';
import { ReadyVm, type VmOrigin } from './ready-vm.ts';
import type { GuestAccess } from './ssh-connection.ts';

/** Name of the file among a VM's logs that says how it came to answer. */
export const ORIGIN_FILE = 'origin.txt';

/** Brings into the guest's memory, before it is written down, what most of its forks begin with. */
const WARM_UP = 'tpm2_pcrread';

/** A machine whose VM is to answer. */
export type ReadyMachine = { readonly machine: Machine; readonly access: GuestAccess };

/**
 * VMs that answer over SSH, for requirements that do not judge the boot itself: forked from a snapshot
 * of the machine where there is one, else booted, and written down for the next.
 */
export class ReadyVms {
  readonly #cache: SnapshotCache;
  /** By machine: what was opened once in this process need not be hashed again. */
  readonly #known = new Map<string, Known>();

  /** @param cache absolute path of the workspace's cache */
  constructor(cache: string) {
    this.#cache = new SnapshotCache(cache);
  }

  /**
   * A VM of a machine. A snapshot from which none comes to answer is dropped, and the boot made; how it
   * came to answer stands in {@link ReadyVm.origin} and in {@link ORIGIN_FILE} among its logs.
   *
   * @throws EnvironmentError where the guest is confidential, or a tool is missing; UsageError where a
   *   file of the machine cannot be read; BootFailure, StageTimeout or InfraError where a boot does
   *   not come up; the reason of `context.signal` where that aborts
   */
  async of(ready: ReadyMachine, context: LaunchContext): Promise<ReadyVm> {
    requireForkable(ready.machine);
    const known = await this.#identify(ready.machine, context);
    const forked = await this.#tryFork(ready, known, context);
    const vm = forked instanceof ReadyVm ? forked : await this.#boot(ready, known, context, forked);
    await writeFile(join(context.logs, ORIGIN_FILE), `${vm.origin}\n`);
    return vm;
  }

  async #identify(machine: Machine, context: LaunchContext): Promise<Known> {
    const name = JSON.stringify(withAbsolutePaths(machine));
    const known = this.#known.get(name) ?? {
      identity: await snapshotIdentity(machine, context),
      snapshot: undefined,
    };
    this.#known.set(name, known);
    return known;
  }

  /** @returns why there is none where a snapshot failed; `undefined` where there is no snapshot */
  async #tryFork(
    { machine, access }: ReadyMachine,
    known: Known,
    context: LaunchContext,
  ): Promise<ReadyVm | string | undefined> {
    const { key } = known.identity;
    try {
      known.snapshot ??= await this.#cache.open(key);
      if (known.snapshot === undefined) return undefined;
      const vm = await fork(machine, known.snapshot, context);
      return await ReadyVm.connect(vm, access, `forked from snapshot ${key}`);
    } catch (error) {
      const reason = reasonOf(error, context);
      known.snapshot = undefined;
      await this.#cache.drop(key);
      return reason;
    }
  }

  async #boot(
    { machine, access }: ReadyMachine,
    known: Known,
    context: LaunchContext,
    failure: string | undefined,
  ): Promise<ReadyVm> {
    await using undo = new AsyncDisposableStack();
    const vm = undo.use(await launch(machine, context));
    await vm.reach('ssh');
    await vm.during((signal) => warmUp(vm, access, signal));
    const untaken = await this.#take(vm, known, context);
    undo.move();
    return await ReadyVm.connect(vm, access, originOf(failure, untaken));
  }

  /** @returns why no snapshot could be taken, where none could: the VM does without */
  async #take(vm: RunningVm, known: Known, context: LaunchContext): Promise<string | undefined> {
    const { identity } = known;
    try {
      known.snapshot = await this.#cache.put(identity.key, context.reaper, (directory) =>
        takeSnapshot(vm, directory, identity),
      );
      return undefined;
    } catch (error) {
      return reasonOf(error, context);
    }
  }
}

/** What this process knows of a machine's snapshot. */
type Known = { readonly identity: SnapshotIdentity; snapshot: Snapshot | undefined };

async function warmUp(vm: RunningVm, access: GuestAccess, signal: AbortSignal): Promise<void> {
  await using ssh = await GuestSsh.connect(vm.sshPort, access, signal);
  await ssh.run(WARM_UP, signal);
}

/**
 * What stands in the way of a snapshot, in a line.
 *
 * @throws the error itself where a boot would fail for it as well, or was not to be made
 */
function reasonOf(error: unknown, { signal }: LaunchContext): string {
  signal?.throwIfAborted();
  const first = firstError(error);
  if (first instanceof EnvironmentError || first instanceof UsageError) throw first;
  return printable(first instanceof Error ? first.message : String(first));
}

function originOf(failure: string | undefined, untaken: string | undefined): VmOrigin {
  if (failure !== undefined) return `booted after a snapshot failed: ${failure}`;
  if (untaken !== undefined) return `booted, and no snapshot could be taken: ${untaken}`;
  return 'booted';
}
