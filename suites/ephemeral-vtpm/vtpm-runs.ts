import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { settleAll } from '../../harness/host/settle.ts';
import { launch } from '../../harness/vm/qemu.ts';
import { shareOf } from '../admission.ts';
import { MEASURED_BOOT_MAKERS } from '../measured-boot/make-machines.ts';
import { ONE_BANK } from '../one-bank.ts';
import type { BootSetting, SuiteMachine } from '../setting.ts';
import { Stock } from '../stock.ts';
import { Workshop } from '../workshop.ts';
import { type Remains, remainsOf, type VmEnd } from './ended-vms.ts';
import {
  type Attempt,
  identify,
  leaveSecret,
  type SealedObject,
  type TpmIdentity,
  tryReadIndex,
  tryUnseal,
} from './guest-tpm.ts';
import { liveTwice, type TwoLives } from './two-lives.ts';

/** The machine whose ends are looked at: it has all that a machine may leave. */
export const VTPM_MACHINE = 'uki';

/** The machine of the two boots: the quickest to answer. */
export const TWICE_BOOTED = 'direct-kernel';

/** Directory of what the suite leaves, relative to the run's directory. */
export const VTPM_DIRECTORY = 'vtpm';

/** Names of the files of evidence. */
export const VTPM_FILES = {
  boots: 'two-boots.json',
  remains: 'remains.json',
  lives: 'lives.json',
} as const;

/** What one boot says of its TPM, and what it can do with what the first boot left. */
type VtpmBoot = {
  readonly identity: TpmIdentity;
  readonly unseal: Attempt;
  readonly readIndex: Attempt;
};

/** Two boots of one machine, each with a TPM of its own. */
export type TwoBoots = {
  /** What the first boot seals under its SRK and writes to an NV index. */
  readonly secret: string;
  readonly first: VtpmBoot;
  readonly second: VtpmBoot;
};

/** What the requirements of the suite judge; each is made once a run. */
export class VtpmRuns implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #directory: string;
  readonly #machines = new Map<string, Promise<SuiteMachine>>();
  #boots: Promise<TwoBoots> | undefined;
  #lives: Promise<TwoLives> | undefined;

  /** @param admission lets VMs in */
  constructor(setting: BootSetting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#directory = join(setting.run, VTPM_DIRECTORY);
  }

  /** @throws what {@link launch} and the guest's commands throw */
  twoBoots(signal: AbortSignal): Promise<TwoBoots> {
    this.#boots ??= this.#boot(signal);
    return this.#boots;
  }

  /** @throws InfraError where a tool fails */
  twoLives(signal: AbortSignal): Promise<TwoLives> {
    this.#lives ??= this.#live(signal);
    return this.#lives;
  }

  /** @throws what {@link remainsOf} throws */
  async remains(end: VmEnd, signal: AbortSignal): Promise<Remains> {
    const { machine } = await this.#machine(VTPM_MACHINE);
    const name = end.replaceAll(' ', '-').toLowerCase();
    const directory = join(this.#directory, name);
    const context = { ...this.#setting, reaper: this.#reaper, signal, logs: directory };
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    const remains = await remainsOf(end, machine, context);
    await this.#keep(VTPM_FILES.remains, remains, name);
    return remains;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #boot(signal: AbortSignal): Promise<TwoBoots> {
    const secret = randomBytes(16).toString('hex');
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<SealedObject>();
    const first = this.#bootOnce('first', signal, entered.resolve, async (ssh, over) => {
      const identity = await identify(ssh, over);
      const object = await leaveSecret(ssh, secret, over);
      left.resolve(object);
      return await tryBoth(ssh, identity, object, over);
    });
    first.catch((error: unknown) => {
      entered.reject(error);
      left.reject(error);
    });
    // Side by side, where the host has room for two: the one that leaves something is let in first.
    const second = entered.promise.then(() =>
      this.#bootOnce('second', signal, undefined, async (ssh, over) =>
        tryBoth(ssh, await identify(ssh, over), await left.promise, over),
      ),
    );
    left.promise.catch(() => undefined);
    const [one, other] = await settleAll([first, second]);
    const boots = { secret, first: one, second: other };
    await this.#keep(VTPM_FILES.boots, boots);
    return boots;
  }

  async #bootOnce(
    name: string,
    signal: AbortSignal,
    onEntry: (() => void) | undefined,
    ask: (ssh: GuestSsh, signal: AbortSignal) => Promise<VtpmBoot>,
  ): Promise<VtpmBoot> {
    const { machine, access, announced } = await this.#machine(TWICE_BOOTED);
    const logs = join(this.#directory, `${name}-boot`);
    const context = { ...this.#setting, reaper: this.#reaper, announced, signal, logs };
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    onEntry?.();
    await using vm = await launch(machine, context);
    await vm.reach('ssh');
    return await vm.during(async (over) => {
      await using ssh = await GuestSsh.connect(vm.sshPort, access, over);
      return await ask(ssh, over);
    });
  }

  async #live(signal: AbortSignal): Promise<TwoLives> {
    const { machine } = await this.#machine(VTPM_MACHINE);
    const context = { tools: this.#setting.stock.toolbox, reaper: this.#reaper, signal };
    const lives = await liveTwice(machine, context);
    await this.#keep(VTPM_FILES.lives, lives);
    return lives;
  }

  #machine(name: string): Promise<SuiteMachine> {
    const made = this.#machines.get(name) ?? this.#make(name);
    this.#machines.set(name, made);
    return made;
  }

  /** With one processor: two such guests side by side are through sooner than two of two in turn. */
  async #make(name: string): Promise<SuiteMachine> {
    const { stock } = this.#setting;
    const make = MEASURED_BOOT_MAKERS[name];
    if (make === undefined) throw new TypeError(`no machine ${name}`);
    const made = await make(new Workshop(new Stock(stock), { reaper: this.#reaper }));
    return { ...made, machine: { ...made.machine, vcpus: 1, tpm: { banks: [...ONE_BANK.banks] } } };
  }

  async #keep(file: string, seen: object, below = ''): Promise<void> {
    const directory = join(this.#directory, below);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, file), `${JSON.stringify(seen, null, 1)}\n`);
  }
}

async function tryBoth(
  ssh: GuestSsh,
  identity: TpmIdentity,
  object: SealedObject,
  signal: AbortSignal,
): Promise<VtpmBoot> {
  const unseal = await tryUnseal(ssh, object, signal);
  return { identity, unseal, readIndex: await tryReadIndex(ssh, signal) };
}
