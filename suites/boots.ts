import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import type { Dossier } from '../harness/evidence/dossier.ts';
import { loggedDevicePath } from '../harness/formats/logged-device-path.ts';
import { bootDossier } from '../harness/guest/boot-dossier.ts';
import { openDossierFolder } from '../harness/guest/dossier-folder.ts';
import type { ReadyVm } from '../harness/guest/ready-vm.ts';
import { ReadyVms } from '../harness/guest/ready-vms.ts';
import { Admission } from '../harness/host/admission.ts';
import { firstError, InfraError } from '../harness/host/errors.ts';
import { Reaper } from '../harness/host/reaper.ts';
import { RunDirectory } from '../harness/host/run-directory.ts';
import type { JudgedBoot } from '../harness/judge/judge-twins.ts';
import { observe } from '../harness/judge/observation.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { Platform } from '../harness/predict/platform.ts';
import { encodePlatform } from '../harness/predict/platform-file.ts';
import type { Prediction } from '../harness/predict/prediction.ts';
import type { StageEntry } from '../harness/vm/stage-tracker.ts';
import { shareOf } from './admission.ts';
import { MACHINE_MAKERS } from './chapters.ts';
import { isVerdict } from './is-verdict.ts';
import { keepPrediction } from './keep-prediction.ts';
import { platformOf } from './platform-of.ts';
import { predictFromFiles } from './predict-from-files.ts';
import {
  type BootSetting,
  dossierOf,
  SUITE_CHANNEL,
  type SuiteBoot,
  type SuiteMachine,
  type SuiteMessage,
} from './setting.ts';
import { Stock } from './stock.ts';
import { Workshop } from './workshop.ts';

/** A boot of a suite's machine: its dossier, and what was predicted for it. */
export type ConformanceBoot = JudgedBoot & {
  readonly machine: string;
  readonly dossier: Dossier;
  /** Whether the first attempt was lost to the host. */
  readonly flaky: boolean;
};

/** A VM that answers, and the disk beneath it. */
export type OwnDiskVm = AsyncDisposable & {
  readonly vm: ReadyVm;
  /** Absolute path of the raw image that QEMU reads, and of the one that it was copied from. */
  readonly disk: string;
  readonly original: string;
};
/** One place: files are made one after the other, as the next machine's may be the same, and then are there. */
const MAKING = { cores: 1, memoryMiB: 0 };

/** One more attempt where QEMU, swtpm or SSH broke; the image's own failures are never tried again. */
const RETRIES = 1;

/** The boots of a run: each machine is made and booted once, and its dossier serves every requirement. */
export class Boots implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #reaper = Reaper.start();
  readonly #channel = new BroadcastChannel(SUITE_CHANNEL);
  readonly #workshop: Workshop;
  readonly #machines = new Map<string, Promise<SuiteMachine>>();
  readonly #boots = new Map<string, Promise<ConformanceBoot>>();
  readonly #forks: ReadyVms;
  readonly #admission: Admission;
  readonly #making = new Admission(MAKING, 1);

  /** @param admission lets VMs in */
  constructor(setting: BootSetting, admission: Admission) {
    this.#setting = setting;
    this.#workshop = new Workshop(new Stock(setting.stock), { reaper: this.#reaper });
    this.#forks = new ReadyVms(setting.cache);
    this.#admission = admission;
  }

  /**
   * The boot of a machine, made now where it was not made before.
   *
   * @param signal ends a boot that is made now
   * @throws what {@link bootDossier} throws, each time it is asked for
   */
  of(machine: string, signal: AbortSignal): Promise<ConformanceBoot> {
    const boot = this.#boots.get(machine) ?? this.#boot(machine, signal);
    this.#boots.set(machine, boot);
    return boot;
  }

  /** What a machine will measure, from files, QEMU's tables and the firmware alone: nothing is booted. */
  async forecast(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly platform: Platform; readonly prediction: Prediction }> {
    const { machine } = await this.#machine(name, signal);
    const context = { ...this.#setting, reaper: this.#reaper, learn: true, signal };
    const platform = await platformOf(machine, context);
    return { platform, prediction: await predictFromFiles(machine, platform) };
  }

  /**
   * Waits until the host has room for a VM of a machine.
   *
   * @returns dispose of it when the VM is gone
   */
  async enter(machine: string, signal: AbortSignal): Promise<Disposable> {
    const share = shareOf((await this.#machine(machine, signal)).machine);
    return await this.#admission.enter({ ...share, signal });
  }

  /**
   * A VM of a machine that answers, whose doings no other sees: forked where that can be, else booted.
   * For what does not judge the boot itself.
   *
   * @param directory absolute path of the directory that keeps its logs
   * @param signal ends it
   * @throws what {@link ReadyVms.of} throws
   */
  async fork(machine: string, directory: string, signal: AbortSignal): Promise<ReadyVm> {
    const { announced, ...ready } = await this.#machine(machine, signal);
    const context = { ...this.#setting, reaper: this.#reaper, announced, signal };
    return await this.#forks.of(ready, { ...context, logs: directory });
  }

  /**
   * A VM like {@link fork}'s, on a copy of the disk that nothing but its QEMU reads, so that it may be
   * changed beneath the guest.
   *
   * @throws as {@link fork} does; TypeError where the machine boots from no disk
   */
  async forkOnOwnDisk(machine: string, directory: string, signal: AbortSignal): Promise<OwnDiskVm> {
    const { announced, ...ready } = await this.#machine(machine, signal);
    await using undo = new AsyncDisposableStack();
    const home = undo.use(await RunDirectory.create(this.#reaper));
    const { machine: moved, disk, original } = await onCopiedDisk(ready.machine, home);
    const context = { ...this.#setting, reaper: this.#reaper, announced, signal };
    const vm = undo.use(
      await this.#forks.of({ ...ready, machine: moved }, { ...context, logs: directory }),
    );
    const all = undo.move();
    return { vm, disk, original, [Symbol.asyncDispose]: () => all[Symbol.asyncDispose]() };
  }

  /** Shows on the terminal what a test does that takes a while. */
  step(text: string): void {
    this.#tell({ kind: 'step', text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.close();
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #boot(name: string, signal: AbortSignal): Promise<ConformanceBoot> {
    const { machine } = await this.#machine(name, signal);
    const share = shareOf(machine, this.#setting.seconds[name]);
    using _place = await this.#admission.enter({ ...share, signal });
    const directory = join(this.#setting.run, dossierOf(name));
    const { platform, prediction } = await this.forecast(name, signal);
    await keepPrediction(this.#setting.run, name, prediction);
    const flaky = await this.#collect(name, directory, platform, signal);
    const dossier = await openDossierFolder(directory);
    const observation = observe(dossier, loggedDevicePath);
    return { machine: name, dossier, prediction, observation, flaky };
  }

  /** @returns whether it took a second attempt */
  async #collect(
    name: string,
    directory: string,
    platform: Platform,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { machine, access, announced } = await this.#machine(name, signal);
    const startedAt = performance.now();
    const stages: StageEntry[] = [];
    let attempts = 0;
    const tell = (state: SuiteBoot['state']) => {
      const seconds = (performance.now() - startedAt) / 1000;
      this.#tell({ kind: 'boot', boot: { machine: name, stages, seconds, state } });
    };
    try {
      await pRetry(
        () => {
          attempts += 1;
          return bootDossier(machine, { access }, directory, {
            ...this.#setting,
            reaper: this.#reaper,
            announced,
            platform: encodePlatform(platform),
            signal,
            onStage: (entry) => {
              stages.push(entry);
              this.#tell({ kind: 'stage', machine: name, ...entry });
            },
          });
        },
        { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => isInfra(error) },
      );
    } catch (error) {
      tell(isVerdict(error) ? 'fail' : 'error');
      throw firstError(error);
    }
    tell(attempts > 1 ? 'flaky' : 'pass');
    return attempts > 1;
  }

  #machine(name: string, signal: AbortSignal): Promise<SuiteMachine> {
    const machine = this.#machines.get(name) ?? this.#make(name, signal);
    this.#machines.set(name, machine);
    return machine;
  }

  async #make(name: string, signal: AbortSignal): Promise<SuiteMachine> {
    const make = MACHINE_MAKERS[name];
    if (make === undefined) {
      throw new TypeError(`no machine ${name}; there are ${Object.keys(MACHINE_MAKERS)}`);
    }
    using _place = await this.#making.enter({ ...MAKING, signal });
    this.#tell({ kind: 'step', text: `files of ${name}` });
    return await make(this.#workshop);
  }

  #tell(message: SuiteMessage): void {
    this.#channel.postMessage(message);
  }
}

/** The same machine on a copy of its disk. */
async function onCopiedDisk(machine: Machine, home: RunDirectory) {
  const { boot } = machine;
  if (boot.kind !== 'disk') throw new TypeError(`${machine.name} boots from no disk`);
  const disk = home.file('disk.raw');
  await copyFile(boot.path, disk, constants.COPYFILE_FICLONE);
  return { machine: { ...machine, boot: { ...boot, path: disk } }, disk, original: boot.path };
}

function isInfra(error: unknown): boolean {
  return firstError(error) instanceof InfraError;
}
