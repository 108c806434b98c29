import { Scope } from '../host/scope.ts';
import type { RunningVm } from '../vm/running-vm.ts';
import { GuestSsh } from './guest-ssh.ts';
import type { GuestAccess } from './ssh-connection.ts';

/** How a VM came to answer, as the evidence says it. */
export type VmOrigin =
  | 'booted'
  | `booted after a snapshot failed: ${string}`
  | `booted, and no snapshot could be taken: ${string}`
  | `forked from snapshot ${string}`;

/** A VM that answers over SSH. Disposing of it closes the connection, then the VM. */
export class ReadyVm implements AsyncDisposable {
  readonly vm: RunningVm;
  readonly ssh: GuestSsh;
  readonly origin: VmOrigin;
  readonly #scope: Scope;

  private constructor(vm: RunningVm, ssh: GuestSsh, origin: VmOrigin, scope: Scope) {
    this.vm = vm;
    this.ssh = ssh;
    this.origin = origin;
    this.#scope = scope;
  }

  /**
   * Connects to a VM that says that it is ready, and takes it over: where it does not answer it is closed.
   *
   * @throws InfraError where the guest does not answer; what {@link RunningVm.during} throws
   */
  static async connect(vm: RunningVm, access: GuestAccess, origin: VmOrigin): Promise<ReadyVm> {
    await using scope = new Scope(`ready VM ${vm.machine.name}`);
    scope.defer('VM', () => vm.close(), VM_SLOT_MS);
    const ssh = await vm.during((signal) => GuestSsh.connect(vm.sshPort, access, signal));
    scope.use('SSH', ssh);
    vm.stages.complete();
    return new ReadyVm(vm, ssh, origin, scope.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/** Longer than the slots of a VM's own clean-up together. */
const VM_SLOT_MS = 90_000;
