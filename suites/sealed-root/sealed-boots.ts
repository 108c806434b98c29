import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { bytesSource } from '../../harness/bytes/source.ts';
import { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { firstError, InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { readSwtpmLog, type TpmExchange } from '../../harness/tpm/swtpm-log.ts';
import { BootFailure } from '../../harness/vm/boot-failure.ts';
import type { FirmwareState } from '../../harness/vm/firmware-state.ts';
import { launch } from '../../harness/vm/qemu.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { shareOf } from '../admission.ts';
import type { BootSetting } from '../setting.ts';
import { type GuestAnswers, questionGuest } from './guest-volumes.ts';
import type { SealedMachine } from './machines.ts';
import { SealedInputs } from './sealed-inputs.ts';

/** One more attempt where QEMU, swtpm or SSH broke. */
const RETRIES = 1;

/** What a guest said that has come up, among its logs. */
export const ANSWERS_FILE = 'answers.json';

/** Directory of what a machine's boot left, relative to the run's directory. */
export function sealedBootOf(name: SealedMachine): string {
  return `sealed-root/${name}`;
}

/** What a boot of a machine with sealed volumes left. */
export type SealedBoot = {
  /** All that came out of the guest: console, QMP, and what its TPM was sent, by the name of their file. */
  readonly channels: Readonly<Record<string, Uint8Array>>;
  /** Everything that the TPM was sent, and answered. */
  readonly exchanges: readonly TpmExchange[];
  /** What ended the boot before its time; `undefined` where it came to its end. */
  readonly failure: string | undefined;
  /** What a guest said that has come up. */
  readonly answers: GuestAnswers | undefined;
};

/** The boots of the suite: each machine is booted once a run. */
export class SealedBoots implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #boots = new Map<SealedMachine, Promise<SealedBoot>>();
  #inputs: Promise<SealedInputs> | undefined;

  /** @param admission lets VMs in */
  constructor(setting: BootSetting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
  }

  /** What the machines are made from, made now where it was not made before. */
  inputs(): Promise<SealedInputs> {
    this.#inputs ??= SealedInputs.make(this.#setting, { reaper: this.#reaper });
    return this.#inputs;
  }

  /**
   * The boot of a machine, made now where it was not made before. A boot that is refused is one.
   *
   * @throws StageTimeout, InfraError where the boot neither comes up nor is refused
   */
  of(name: SealedMachine, signal: AbortSignal): Promise<SealedBoot> {
    const boot =
      this.#boots.get(name) ??
      pRetry(() => this.#boot(name, signal), {
        retries: RETRIES,
        minTimeout: 0,
        shouldRetry: ({ error }) => firstError(error) instanceof InfraError,
      });
    this.#boots.set(name, boot);
    return boot;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What could not be made has said so to whoever asked for it.
    const inputs = await this.#inputs?.catch(() => undefined);
    await inputs?.[Symbol.asyncDispose]();
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #boot(name: SealedMachine, signal: AbortSignal): Promise<SealedBoot> {
    const inputs = await this.inputs();
    const logs = join(this.#setting.run, sealedBootOf(name));
    using _place = await this.#admission.enter({ ...shareOf(inputs.machine(name)), signal });
    await using undo = new AsyncDisposableStack();
    const state = undo.use(await inputs.state(name));
    const seen = await this.#run(name, inputs, state, logs, signal);
    const read = (file: string) => readFile(join(logs, file));
    const exchanges = readSwtpmLog(bytesSource(VM_LOGS.tpm, await read(VM_LOGS.tpm)));
    const channels = {
      [VM_LOGS.console]: await read(VM_LOGS.console),
      [VM_LOGS.qmp]: await read(VM_LOGS.qmp),
      [VM_LOGS.tpm]: Buffer.concat(
        exchanges.flatMap(({ command, response }) => [command, response ?? new Uint8Array()]),
      ),
    };
    return { ...seen, exchanges, channels };
  }

  async #run(
    name: SealedMachine,
    inputs: SealedInputs,
    state: FirmwareState | undefined,
    logs: string,
    signal: AbortSignal,
  ): Promise<Pick<SealedBoot, 'failure' | 'answers'>> {
    const context = { ...this.#setting, reaper: this.#reaper, logs, signal };
    const announced = ['initrd', 'root', 'ssh'] as const;
    const kept = state === undefined ? {} : { state };
    await using vm = await launch(inputs.machine(name), { ...context, announced, ...kept });
    try {
      await vm.reach('ssh');
      const answers = await vm.during(async (over) => {
        await using ssh = await GuestSsh.connect(vm.sshPort, inputs.access, over);
        return await questionGuest(ssh, inputs, over);
      });
      await writeFile(join(logs, ANSWERS_FILE), `${JSON.stringify(answers, null, 1)}\n`);
      return { failure: undefined, answers };
    } catch (error) {
      if (!(error instanceof BootFailure)) throw error;
      return { failure: error.message, answers: undefined };
    }
  }
}
