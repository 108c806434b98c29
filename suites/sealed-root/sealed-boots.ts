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
import { BOOT_SECONDS, shareOf } from '../admission.ts';
import type { BootSetting } from '../setting.ts';
import { type GuestAnswers, questionGuest } from './guest-volumes.ts';
import { SEALED_MACHINES, type SealedMachine } from './machines.ts';
import type { PcrlockPolicy } from './pcrlock.ts';
import { type KeptMachine, SealedInputs } from './sealed-inputs.ts';

/** One more attempt where QEMU, swtpm or SSH broke. */
const RETRIES = 1;

/** What a guest said that has come up, among its logs. */
export const ANSWERS_FILE = 'answers.json';

/** Others go on from it, so that it goes first: as long as it and the next one take. */
const GENUINE_SECONDS = 2 * BOOT_SECONDS;

/** What was forecast for systemd-pcrlock, what it predicts, and what its NV index holds, among the logs. */
export const PCRLOCK_FILE = 'pcrlock.json';

/** The boot that everything is sealed for. */
export const GENUINE: SealedMachine = 'genuine';

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
  readonly #undo = new AsyncDisposableStack();
  #inputs: Promise<SealedInputs> | undefined;
  /** What the genuine machine's first boot left: TPM, variables and disk. */
  #kept: FirmwareState | undefined;

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
    await this.#undo.disposeAsync();
    // What could not be made has said so to whoever asked for it.
    const inputs = await this.#inputs?.catch(() => undefined);
    await inputs?.[Symbol.asyncDispose]();
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #boot(name: SealedMachine, signal: AbortSignal): Promise<SealedBoot> {
    const inputs = await this.inputs();
    const logs = join(this.#setting.run, sealedBootOf(name));
    await using undo = new AsyncDisposableStack();
    const kept = await this.#keptMachine(name, inputs, signal);
    undo.use(kept.state);
    const seen = await this.#run(name, inputs, kept, logs, signal);
    if (name === GENUINE) {
      await keepPolicy(inputs.pcrlock, logs);
      this.#kept = this.#undo.use(kept.state);
      undo.move();
    }
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

  /** A machine, and what it goes on from: nothing, or the first boot of the genuine one, which is made first. */
  async #keptMachine(
    name: SealedMachine,
    inputs: SealedInputs,
    signal: AbortSignal,
  ): Promise<KeptMachine> {
    if (SEALED_MACHINES[name].tpm !== 'kept') return await inputs.unbooted(name);
    await this.of(GENUINE, signal);
    if (this.#kept === undefined) throw new TypeError('the first boot left nothing');
    return await inputs.booted(name, this.#kept);
  }

  async #run(
    name: SealedMachine,
    inputs: SealedInputs,
    { machine, state }: KeptMachine,
    logs: string,
    signal: AbortSignal,
  ): Promise<Pick<SealedBoot, 'failure' | 'answers'>> {
    const context = { ...this.#setting, reaper: this.#reaper, logs, signal };
    const announced = ['initrd', 'root', 'ssh'] as const;
    const kept = state === undefined ? {} : { state };
    const seconds = name === GENUINE ? GENUINE_SECONDS : undefined;
    using _place = await this.#admission.enter({ ...shareOf(machine, seconds), signal });
    await using vm = await launch(machine, { ...context, announced, ...kept });
    try {
      // By then every volume was tried; only the genuine guest is asked more.
      await vm.reach(name === GENUINE ? 'ssh' : 'root');
      if (name !== GENUINE) return { failure: undefined, answers: undefined };
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

async function keepPolicy(
  { forecast, predicted, kept, file }: PcrlockPolicy,
  logs: string,
): Promise<void> {
  const seen = { forecast, predicted, kept, nv: file.nv };
  await writeFile(join(logs, PCRLOCK_FILE), `${JSON.stringify(seen, null, 1)}\n`);
}
