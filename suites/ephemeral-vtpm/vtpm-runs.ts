import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import { launch } from '../../harness/vm/qemu.ts';
import { shareOf } from '../admission.ts';
import { MEASURED_BOOT_MAKERS } from '../measured-boot/make-machines.ts';
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
import { KeptTpm, type Opening } from './kept-tpm.ts';

/** The machine of the suite's boots. */
export const VTPM_MACHINE = 'uki';

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

/** One TPM whose state the host keeps, and another that it does not. */
export type TwoLives = {
  /** EK of the kept one, at two starts, and of the other. */
  readonly ek: { readonly first: string; readonly second: string; readonly other: string };
  /** A volume keyed to the kept one, opened with it at another start, and with the other. */
  readonly volume: { readonly own: Opening; readonly other: Opening };
  /** A counter before it was counted on, after that, and when the state was rolled back. */
  readonly counter: {
    readonly before: string;
    readonly after: string;
    readonly rolledBack: string;
  };
  /** The volume, opened with the state that was rolled back. */
  readonly rolledBack: Opening;
};

/** What the requirements of the suite judge; each is made once a run. */
export class VtpmRuns implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #directory: string;
  #machine: Promise<SuiteMachine> | undefined;
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
    const { machine } = await this.#suiteMachine();
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
    let left: SealedObject | undefined;
    const first = await this.#bootOnce('first', signal, async (ssh, over) => {
      const identity = await identify(ssh, over);
      left = await leaveSecret(ssh, secret, over);
      return await tryBoth(ssh, identity, left, over);
    });
    const object = left;
    if (object === undefined) throw new TypeError('the first boot left nothing');
    const second = await this.#bootOnce('second', signal, async (ssh, over) =>
      tryBoth(ssh, await identify(ssh, over), object, over),
    );
    const boots = { secret, first, second };
    await this.#keep(VTPM_FILES.boots, boots);
    return boots;
  }

  async #bootOnce(
    name: string,
    signal: AbortSignal,
    ask: (ssh: GuestSsh, signal: AbortSignal) => Promise<VtpmBoot>,
  ): Promise<VtpmBoot> {
    const { machine, access, announced } = await this.#suiteMachine();
    const logs = join(this.#directory, `${name}-boot`);
    const context = { ...this.#setting, reaper: this.#reaper, announced, signal, logs };
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    await using vm = await launch(machine, context);
    await vm.reach('ssh');
    return await vm.during(async (over) => {
      await using ssh = await GuestSsh.connect(vm.sshPort, access, over);
      return await ask(ssh, over);
    });
  }

  async #live(signal: AbortSignal): Promise<TwoLives> {
    const { machine } = await this.#suiteMachine();
    const context = { tools: this.#setting.stock.toolbox, reaper: this.#reaper, signal };
    await using directory = await RunDirectory.create(this.#reaper);
    await using kept = await KeptTpm.manufacture(machine, context);
    await using other = await KeptTpm.manufacture(machine, context);
    const volume = await kept.makeVolume(directory.path, context);
    const ek = { first: await kept.ek(), second: await kept.ek(), other: await other.ek() };
    const opened = { own: await kept.open(volume), other: await other.open(volume) };
    await using earlier = await kept.clone();
    const before = await kept.counter();
    await kept.count();
    const after = await kept.counter();
    await kept.state.become(earlier);
    const counter = { before, after, rolledBack: await kept.counter() };
    const lives = { ek, volume: opened, counter, rolledBack: await kept.open(volume) };
    await this.#keep(VTPM_FILES.lives, lives);
    return lives;
  }

  #suiteMachine(): Promise<SuiteMachine> {
    this.#machine ??= this.#makeMachine();
    return this.#machine;
  }

  /** With one processor: two such guests side by side are through sooner than two of two in turn. */
  async #makeMachine(): Promise<SuiteMachine> {
    const { stock } = this.#setting;
    const make = MEASURED_BOOT_MAKERS[VTPM_MACHINE];
    if (make === undefined) throw new TypeError(`no machine ${VTPM_MACHINE}`);
    const made = await make(new Workshop(new Stock(stock), { reaper: this.#reaper }));
    return { ...made, machine: { ...made.machine, vcpus: 1 } };
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
