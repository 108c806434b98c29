import type { Scope } from '../host/scope.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from './boot-stages.ts';
import type { SerialConsole } from './console.ts';
import type { HaltReason } from './halt.ts';
import type { Accelerator } from './qemu-arguments.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { QmpClient } from './qmp.ts';
import type { StageEntry, StageTracker } from './stage-tracker.ts';
import type { Swtpm } from './swtpm.ts';

/** The parts of a VM. */
export type VmParts = {
  /** With absolute paths. */
  readonly machine: Machine;
  readonly accelerator: Accelerator;
  readonly qemu: QemuProcess;
  readonly stages: StageTracker;
  readonly tpm: Swtpm;
  /** Port on 127.0.0.1 that leads to the guest's port 22. */
  readonly sshPort: number;
  /** The run directory. */
  readonly directory: string;
  /** This VM's own copy of the variable store, where the firmware has one. */
  readonly vars: string | undefined;
  /** This VM's own overlay of the disk, where it boots from one. */
  readonly overlay: string | undefined;
  /** Key of the snapshot that it goes on from; `undefined` where it was booted. */
  readonly snapshot: string | undefined;
};

/** A VM that was switched on, or goes on from a snapshot. Disposing of it leaves nothing of it but its logs. */
export class RunningVm implements AsyncDisposable {
  /** The machine that it was made from, with absolute paths. */
  readonly machine: Machine;
  readonly accelerator: Accelerator;
  /** QEMU's own command line. */
  readonly argv: readonly string[];
  readonly qmp: QmpClient;
  readonly console: SerialConsole;
  readonly tpm: Swtpm;
  /** Port on 127.0.0.1 that leads to the guest's port 22. */
  readonly sshPort: number;
  /** How far the boot has come. */
  readonly stages: StageTracker;
  /** The directory that it has for itself. */
  readonly directory: string;
  /** Its own copy of the variable store, where the firmware has one. */
  readonly vars: string | undefined;
  /** Its own overlay of the disk, where it boots from one. */
  readonly overlay: string | undefined;
  /** Key of the snapshot that it goes on from; `undefined` where it was booted. */
  readonly snapshot: string | undefined;
  /** Resolves when the VM runs no more, with the reason. */
  readonly halted: Promise<HaltReason>;
  readonly #scope: Scope;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param scope undoes the whole VM
   * @param signal ends every wait
   */
  constructor(parts: VmParts, scope: Scope, signal: AbortSignal | undefined) {
    this.machine = parts.machine;
    this.accelerator = parts.accelerator;
    this.argv = parts.qemu.argv;
    this.qmp = parts.qemu.qmp;
    this.console = parts.qemu.console;
    this.tpm = parts.tpm;
    this.sshPort = parts.sshPort;
    this.stages = parts.stages;
    this.directory = parts.directory;
    this.vars = parts.vars;
    this.overlay = parts.overlay;
    this.snapshot = parts.snapshot;
    this.halted = parts.qemu.halted;
    this.#scope = scope;
    this.#signal = signal;
  }

  /**
   * Does something that needs the VM, and fails as soon as the VM does.
   *
   * @param start its signal aborts as soon as the outcome no longer counts
   * @throws BootFailure where the boot is refused or the guest ends itself; StageTimeout where a
   *   boot stage takes too long; InfraError where QEMU or swtpm broke; the launch's signal's reason
   */
  async during<T>(start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    const over = new AbortController();
    const ended = AbortSignal.any([over.signal, ...(this.#signal ? [this.#signal] : [])]);
    const failed = this.stages.failed.then((error) => Promise.reject(error));
    try {
      return await Promise.race([start(ended), failed, aborted(ended)]);
    } finally {
      over.abort();
    }
  }

  /**
   * Waits until a boot stage, or a later one, is seen to begin.
   *
   * @throws as {@link during} does
   */
  reach(stage: StageName): Promise<StageEntry> {
    return this.during(() => this.stages.reached(stage));
  }

  /**
   * Ends QEMU and swtpm and removes the run directory. May be called more than once.
   *
   * @throws InfraError where something is left
   */
  close(): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
