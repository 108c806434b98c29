import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { ToolRun } from '../../harness/host/run-tool.ts';
import { Scope } from '../../harness/host/scope.ts';
import type { DiskImage } from '../../harness/images/reference-image.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { FirmwareState } from '../../harness/vm/firmware-state.ts';
import { IMAGES } from '../images.ts';
import type { BootSetting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { SEALED_MACHINES, type SealedMachine } from './machines.ts';
import type { PcrlockPolicy } from './pcrlock.ts';
import { makeDisk } from './sealed-disks.ts';
import { makeSealedParts, type SealedParts } from './sealed-parts.ts';
import type { SealedTokens } from './sealer.ts';

/**
 * What the machines of the suite are made from: one TPM, and disks with volumes whose keys are sealed to it,
 * for values that were computed before anything was booted. Disposing of it removes it all.
 */
export class SealedInputs implements AsyncDisposable {
  /** Text that stands in every volume and nowhere else. */
  readonly secret: string;
  /** PCR values that were computed for the boots of these machines. */
  readonly forecasts: SealedParts['forecasts'];
  /** Who may log in. */
  readonly access: { readonly user: string; readonly privateKey: string; readonly hostKey: string };
  readonly #parts: SealedParts;
  readonly #scope: Scope;

  private constructor(parts: SealedParts, image: DiskImage, scope: Scope) {
    this.secret = parts.secret;
    this.forecasts = parts.forecasts;
    const { sshKey, sshHostKey } = image.keys;
    this.access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
    this.#parts = parts;
    this.#scope = scope;
  }

  /**
   * Makes all of it; nothing is booted.
   *
   * @throws InfraError where a tool fails
   */
  static async make(setting: BootSetting, run: Omit<ToolRun, 'deadlineMs'>): Promise<SealedInputs> {
    await using scope = new Scope('inputs of sealed-root');
    const directory = scope.use('directory', await RunDirectory.create(run.reaper));
    const stock = new Stock(setting.stock);
    const image = stock.disk(IMAGES.ukiLuks);
    const { cache } = setting;
    const aside = { image, directory: directory.path, cache, tools: stock.toolbox, run };
    const parts = await makeSealedParts(stock, aside, { ...run, tools: setting.tools }, scope);
    return new SealedInputs(parts, image, scope.move());
  }

  /**
   * A machine of the suite.
   *
   * @throws TypeError where its disk is what a boot leaves
   */
  machine(name: SealedMachine): Machine {
    const { disk, store } = SEALED_MACHINES[name];
    if (disk === 'other-cmdline') throw new TypeError(`${name} needs a first boot`);
    return this.#parts.assemble(name, this.#parts.disks[disk], this.#parts.stores[store]);
  }

  /** A machine that goes on from nothing, with its TPM; it has none where a new one is to be made for it. */
  async unbooted(name: SealedMachine): Promise<KeptMachine> {
    const machine = this.machine(name);
    const { tpm } = SEALED_MACHINES[name];
    return { machine, state: tpm === 'other' ? undefined : await this.#parts.tpm.rehouse(machine) };
  }

  /**
   * A machine that goes on from what the genuine one left at its first boot: TPM, variables and disk. Who
   * changes the disk has it in their hands, and puts it back.
   */
  async booted(name: SealedMachine, kept: FirmwareState): Promise<KeptMachine> {
    const genuine = this.machine('genuine');
    const { disk, store } = SEALED_MACHINES[name];
    if (disk !== 'other-cmdline') {
      return { machine: this.machine(name), state: await kept.clone() };
    }
    const { aside, assemble, stores, ukis } = this.#parts;
    const from = join(aside.directory, 'first-boot.raw');
    await kept.writeDisk(genuine, from);
    const changed = await makeDisk(disk, { from, uki: ukis.otherCmdline }, aside);
    const machine = assemble(name, changed, stores[store]);
    return { machine, state: await kept.rehouse(machine) };
  }

  /** Signatures of the genuine UKI's PCR 11, JSON in base64. */
  get signature(): string {
    return this.#parts.signature;
  }

  /** What the volumes' headers say of the policies of their keys. */
  get tokens(): SealedTokens {
    return this.#parts.tokens;
  }

  /** Opens every volume, for a guest that enrolls a key. */
  get passphrase(): string {
    return this.#parts.passphrase;
  }

  /** The policy under which either release opens a volume. */
  get pcrlock(): PcrlockPolicy {
    return this.#parts.pcrlock;
  }

  /** Public key of whose signatures of PCR 11 count. */
  get signer(): KeyObject {
    return this.#parts.signer;
  }

  /** Path of the initrd that somebody else has made. */
  get craftedInitrd(): string {
    return this.#parts.craftedInitrd;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/** A machine, and what it keeps over a boot. */
export type KeptMachine = {
  readonly machine: Machine;
  readonly state: FirmwareState | undefined;
};
