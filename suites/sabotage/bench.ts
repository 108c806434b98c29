import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DOSSIER_INDEX } from '../../harness/evidence/dossier.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import type { JudgedLoad } from '../../harness/judge/judge-kernel-load.ts';
import type { JudgedStart } from '../../harness/judge/judge-stub-start.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { Platform } from '../../harness/predict/platform.ts';
import { admissionOf } from '../admission.ts';
import type { Attestation } from '../attestation/attestation.ts';
import { AttestedGuests } from '../attestation/attested-guests.ts';
import { Boots } from '../boots.ts';
import type { TwoLives } from '../ephemeral-vtpm/two-lives.ts';
import { VtpmRuns } from '../ephemeral-vtpm/vtpm-runs.ts';
import { FirmwareRuns } from '../kernel-hashes/firmware-runs.ts';
import { SnpGuests } from '../launch-measurement/snp-guests.ts';
import { snpMachine } from '../launch-measurement/snp-machine.ts';
import { platformOf } from '../platform-of.ts';
import type { StubCaseName } from '../secure-boot/stub-cases.ts';
import { StubRuns } from '../secure-boot/stub-runs.ts';
import { dossierOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { type RecordedBoot, recordedBoot } from './recorded-boot.ts';

/** Real boots and runs of the firmware, each made when a sabotage first asks for it. */
export class Bench implements AsyncDisposable {
  readonly stock: Stock;
  readonly #setting: Setting;
  readonly #recorded: string | undefined;
  readonly #boots: Boots;
  readonly #guests: AttestedGuests;
  readonly #admission: Admission;
  readonly #starts: StubRuns;
  #loads: FirmwareRuns | undefined;
  readonly #reaper = Reaper.start();
  readonly #read = new Map<string, Promise<RecordedBoot>>();

  /** @param recorded folder of a run whose dossiers are used, as far as it has them */
  constructor(setting: Setting, recorded: string | undefined) {
    this.stock = new Stock(setting.stock);
    this.#setting = setting;
    this.#recorded = recorded;
    this.#admission = admissionOf(setting);
    this.#boots = new Boots(setting, this.#admission);
    this.#guests = new AttestedGuests(setting, this.#boots);
    this.#starts = new StubRuns(setting, this.#admission);
  }

  /** The boot of one of the suites' machines. */
  boot(machine: string, signal: AbortSignal): Promise<RecordedBoot> {
    const boot = this.#read.get(machine) ?? this.#boot(machine, signal);
    this.#read.set(machine, boot);
    return boot;
  }

  /** What the guest of one of the suites' machines proves of itself. */
  attestation(machine: string, signal: AbortSignal): Promise<Attestation> {
    return this.#guests.of(machine, signal);
  }

  /** A run of the firmware alone, for a case of the suite `kernel-hashes`. */
  load(name: string, signal: AbortSignal): Promise<JudgedLoad> {
    return this.#firmware.of(name, signal);
  }

  /** A start of a UKI or kernel, for a case of the suite `secure-boot`. */
  start(name: StubCaseName, signal: AbortSignal): Promise<JudgedStart> {
    return this.#starts.of(name, signal);
  }

  /** Launch digests of an SNP guest: with what a case's table holds, and with the complete table. */
  async launchDigests(name: string, signal: AbortSignal) {
    const changed = await this.#firmware.launchDigest(name, signal);
    return { usual: await this.#firmware.completeLaunchDigest(name), changed };
  }

  /** A TPM whose state is kept and rolled back, and another one. */
  async lives(signal: AbortSignal): Promise<TwoLives> {
    await using runs = new VtpmRuns(this.#setting, this.#admission);
    return await runs.twoLives(signal);
  }

  /** What QEMU would show the firmware of another machine. */
  platform(machine: Machine, signal: AbortSignal): Promise<Platform> {
    return platformOf(machine, { ...this.#setting, reaper: this.#reaper, learn: true, signal });
  }

  /** What this host's QEMU says of the properties of an SNP guest. */
  async snpHelp(signal: AbortSignal): Promise<string> {
    await using guests = new SnpGuests(this.#setting, await snpMachine(this.stock));
    return await guests.help(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guests[Symbol.asyncDispose]();
    await this.#boots[Symbol.asyncDispose]();
    await this.#starts[Symbol.asyncDispose]();
    await this.#loads?.[Symbol.asyncDispose]();
    await this.#reaper[Symbol.asyncDispose]();
  }

  /** It needs images that other sabotages do not. */
  get #firmware(): FirmwareRuns {
    this.#loads ??= new FirmwareRuns(this.#setting, this.#admission);
    return this.#loads;
  }

  async #boot(machine: string, signal: AbortSignal): Promise<RecordedBoot> {
    const recorded = this.#recorded && join(this.#recorded, dossierOf(machine));
    if (recorded && existsSync(join(recorded, DOSSIER_INDEX))) return recordedBoot(recorded);
    await this.#boots.of(machine, signal);
    return recordedBoot(join(this.#setting.run, dossierOf(machine)));
  }
}
