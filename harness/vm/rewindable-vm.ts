import { cameInTime, type Wait } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import { settleAll } from '../host/settle.ts';
import type { Machine } from '../machine/machine.ts';
import { BootWatch, type SeenBoot } from './boot-watch.ts';
import { readFactor } from './calibration.ts';
import { type DiskUse, diskUse } from './disk-use.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import { readMemory } from './guest-memory.ts';
import { haltedCode } from './halted-code.ts';
import type { KeptStore } from './kept-store.ts';
import type { QemuProcess } from './qemu-process.ts';
import { rewindableFiles, startRewindableQemu } from './rewindable-qemu.ts';
import { type StoreInFlash, storeInFlash } from './variable-store.ts';
import { WitnessTpm } from './witness-tpm.ts';

/** Name of the state that is gone back to. */
const STATE = 'written-down';

const STATE_MS = 30_000;

/** How long a run shows nothing before its processor is looked at, before calibration. */
const QUIET_MS = 1_500;

/** How long it may then go on without a sign, and how often: a firmware may try one thing after the other. */
const SILENCE_MS = 4_000;
const MOST_SILENCES = 4;

/** How a run ended, and what was seen until then. */
export type SeenRun = SeenBoot & {
  /** Whether what was waited for came; else the machine ended itself, or goes round in circles. */
  readonly end: 'over' | 'shut down' | 'silent';
  /** How often the disk was read and written. */
  readonly disk: DiskUse;
};

/** What a machine consists of. */
type Parts = {
  readonly qemu: QemuProcess;
  readonly tpm: WitnessTpm;
  /** Where its variables lie, and the file that they may be written to. */
  readonly store: StoreInFlash & { readonly file: string };
};

/**
 * A machine that is run again and again from the same moment: one QEMU, which goes back to what it wrote down
 * of itself. Each run sees the disk's image as it is at the time; what it writes to disk, variables and TPM is
 * gone with the next one.
 */
export class RewindableVm implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #qemu: QemuProcess;
  readonly #tpm: WitnessTpm;
  readonly #factor: number;
  readonly #store: StoreInFlash & { readonly file: string };
  #watch = new BootWatch(() => false);

  private constructor(scope: Scope, { qemu, tpm, store }: Parts, factor: number) {
    this.#scope = scope;
    this.#qemu = qemu;
    this.#tpm = tpm;
    this.#store = store;
    this.#factor = factor;
    qemu.console.onLine((line) => this.#watch.line(line));
    qemu.qmp.onEvent(({ name }) => name === 'SHUTDOWN' && this.#watch.shutDown());
    void this.#hear();
  }

  /**
   * Starts a machine, which stands before its first instruction.
   *
   * @param machine with absolute paths; it boots from a disk and has a variable store
   * @param kept how its variables are kept; in memory, nothing can be written down
   * @throws InfraError where QEMU or swtpm break; the reason of `context.signal` where that aborts
   */
  static async start(
    machine: Machine,
    context: FirmwareRunContext,
    kept: KeptStore = 'for rewinding',
  ): Promise<RewindableVm> {
    await using scope = new Scope(`runs of ${machine.name}`);
    const directory = scope.use('run directory', await RunDirectory.create(context.reaper));
    const [tpm, files, factor] = await settleAll([
      WitnessTpm.startIn(scope, { ...context, directory }),
      rewindableFiles(machine, kept, directory, context),
      readFactor(context.cache, context.accelerator),
    ]);
    const own = { ...files, tpm: tpm.socket };
    const qemu = await startRewindableQemu(scope, machine, own, directory, context);
    const store = { ...(await storeInFlash(machine)), file: directory.file('flash') };
    return new RewindableVm(scope.move(), { qemu, tpm, store }, factor);
  }

  /**
   * Runs on from where it stands, and stops it there.
   *
   * @param isOver whether what is waited for has been seen; asked after each line and each extend
   * @throws InfraError where QEMU or swtpm break; the signal's reason
   */
  async run(isOver: (seen: SeenBoot) => boolean, signal?: AbortSignal): Promise<SeenRun> {
    const before = await diskUse(this.#qemu.qmp);
    const watch = new BootWatch(isOver);
    this.#watch = watch;
    await this.#qemu.resume();
    const end = await this.#endOf(watch, signal);
    // What was measured before the end stood in swtpm's log by then: it is heard before QEMU answers.
    await this.#qemu.qmp.execute('stop');
    this.#watch = new BootWatch(() => false);
    const { reads, writes } = await diskUse(this.#qemu.qmp);
    const disk = { reads: reads - before.reads, writes: writes - before.writes };
    return { end, extends: watch.extends, console: watch.console, disk };
  }

  /** Reads the variable store in flash, as the machine has left it. */
  async readStore(): Promise<Uint8Array> {
    return await readMemory(this.#qemu.qmp, this.#store, this.#store.file);
  }

  /** Writes down where it stands, for {@link rewind}. */
  async writeDown(): Promise<void> {
    await this.#monitor(`savevm ${STATE}`);
  }

  /** Goes back to what was written down. */
  async rewind(): Promise<void> {
    await this.#monitor(`loadvm ${STATE}`);
  }

  /** Ends it and makes sure that nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  async #endOf(watch: BootWatch, signal: AbortSignal | undefined): Promise<SeenRun['end']> {
    const name = 'next sign of life';
    const quiet = { name, deadlineMs: QUIET_MS * this.#factor, signal };
    const silence = { name, deadlineMs: SILENCE_MS * this.#factor, signal };
    const ended = () => Promise.race([watch.end, this.#loss()]);
    for (let silences = 0; silences < MOST_SILENCES; silences++) {
      if (await cameInTime(quiet, ended)) return await watch.end;
      const before = watch.signs;
      const halted = (over: AbortSignal) => haltedCode(this.#qemu.qmp, () => watch.signs, over);
      const end = await cameFrom(silence, (over) => Promise.race([ended(), halted(over)]));
      if (end === 'over' || end === 'shut down') return end;
      if (end !== undefined || watch.signs === before) break;
    }
    return 'silent';
  }

  /** QEMU or the TPM ends. */
  async #loss(): Promise<never> {
    const children = [this.#qemu.child, this.#tpm.child];
    const ends = children.map(async (child) => child.failure(await child.exit));
    throw await Promise.race(ends);
  }

  /** What the machine protocol has no command for is done when it answers. */
  async #monitor(line: string): Promise<void> {
    const command = { 'command-line': line };
    const wait = { deadlineMs: STATE_MS * this.#factor };
    const answer = await this.#qemu.qmp.execute('human-monitor-command', command, wait);
    if (answer === '') return;
    throw new InfraError({ tool: 'QEMU', problem: `${line}: ${String(answer).trim()}` });
  }

  async #hear(): Promise<void> {
    const ended = new AbortController();
    void this.#tpm.child.exit.then(() => ended.abort());
    try {
      for await (const extend of this.#tpm.extends(ended.signal)) this.#watch.extend(extend);
    } catch {
      // The signal that ends them is all that they throw.
    }
  }
}

/** @returns what came; `undefined` where nothing did */
async function cameFrom<T>(
  wait: Wait,
  start: (over: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  let found: T | undefined;
  await cameInTime(wait, async (over) => {
    found = await start(over);
  });
  return found;
}
