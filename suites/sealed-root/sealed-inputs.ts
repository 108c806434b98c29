import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { ToolRun } from '../../harness/host/run-tool.ts';
import { Scope } from '../../harness/host/scope.ts';
import type { DiskImage } from '../../harness/images/reference-image.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { FILES_ALONE } from '../../harness/predict/platform.ts';
import { FirmwareState, type FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { ServedTpm } from '../../harness/vm/served-tpm.ts';
import { IMAGES } from '../images.ts';
import { predictFromFiles } from '../predict-from-files.ts';
import type { BootSetting } from '../setting.ts';
import { Stock } from '../stock.ts';
import {
  SEALED_MACHINES,
  type SealedDisk,
  type SealedMachine,
  type SealedStore,
} from './machines.ts';
import { makeGenuineDisk, makeOtherDisks, makeSealedStores } from './sealed-disks.ts';
import { makeSealedUkis, SIGNED_PHASE } from './sealed-ukis.ts';
import { type SealedTokens, Sealer } from './sealer.ts';

/** Where systemd looks for a storage root key (TCG TPM v2.0 Provisioning Guidance 1.0, 7.8). */
const SRK_HANDLE = '0x81000001';

/** Of the key that systemd makes there: a storage key that no dictionary attack locks. */
const SRK_ATTRIBUTES =
  'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt';

/** PCRs that policies are of. */
const FORECAST_PCRS = [4, 7, 11];

/** PCR values (SHA-256) at the moment when an initrd opens volumes. */
export type SealedValues = Readonly<Record<number, string>>;

/** What everything is made with. */
type Making = {
  readonly setting: BootSetting;
  readonly stock: Stock;
  readonly image: DiskImage;
  readonly directory: RunDirectory;
  readonly run: Omit<ToolRun, 'deadlineMs'>;
};

/**
 * What the machines of the suite are made from: one TPM, and disks with volumes whose keys are sealed to it,
 * for values that were computed before anything was booted. Disposing of it removes it all.
 */
export class SealedInputs implements AsyncDisposable {
  /** Text that stands in every volume and nowhere else. */
  readonly secret: string;
  /** PCR values that were computed for the boots of these machines. */
  readonly forecasts: Readonly<Record<'genuine' | 'other-release', SealedValues>>;
  /** Who may log in. */
  readonly access: { readonly user: string; readonly privateKey: string; readonly hostKey: string };
  readonly #parts: Parts;
  readonly #scope: Scope;

  private constructor(parts: Parts, image: DiskImage, scope: Scope) {
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
    const parts = await makeParts({ setting, stock, image, directory, run }, scope);
    return new SealedInputs(parts, image, scope.move());
  }

  /** A machine of the suite. */
  machine(name: SealedMachine): Machine {
    const { disk, store } = SEALED_MACHINES[name];
    return this.#parts.assemble(name, this.#parts.disks[disk], this.#parts.stores[store]);
  }

  /** What a machine keeps: the TPM that the keys are sealed to; `undefined` where it has another one. */
  async state(name: SealedMachine): Promise<FirmwareState | undefined> {
    if (SEALED_MACHINES[name].tpm === 'other') return undefined;
    return await this.#parts.tpm.rehouse(this.machine(name));
  }

  /** Signatures of the genuine UKI's PCR 11, JSON in base64. */
  get signature(): string {
    return this.#parts.signature;
  }

  /** What the volumes' headers say of the policies of their keys. */
  get tokens(): SealedTokens {
    return this.#parts.tokens;
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

type Parts = {
  readonly secret: string;
  readonly forecasts: Readonly<Record<'genuine' | 'other-release', SealedValues>>;
  readonly assemble: (name: string, disk: string, vars: string) => Machine;
  readonly disks: Readonly<Record<SealedDisk, string>>;
  readonly stores: Readonly<Record<SealedStore, string>>;
  readonly tpm: FirmwareState;
  readonly craftedInitrd: string;
  readonly signature: string;
  readonly tokens: SealedTokens;
  readonly signer: KeyObject;
};

async function makeParts(making: Making, scope: Scope): Promise<Parts> {
  const { setting, stock, image, directory, run } = making;
  const tools = stock.toolbox;
  const firmware = stock.firmware('2025.02', 'secure-boot');
  const assemble = (name: string, disk: string, vars: string) =>
    Machine.parse({
      name,
      firmware: { kind: 'pflash', code: firmware.code.path, vars, smm: true },
      boot: { kind: 'disk', format: 'raw', path: disk },
      vcpus: 1, // two such guests side by side are through sooner than two of two processors in turn
    });
  const aside = { image, directory: directory.path, tools, run };
  const stores = await makeSealedStores(firmware, aside);
  const ukis = await makeSealedUkis(aside);
  const genuine = await makeGenuineDisk(ukis, aside);
  const machine = assemble('genuine', genuine, stores.enrolled);
  const made = { tools: setting.tools, reaper: run.reaper, signal: run.signal };
  const tpm = scope.use('TPM', await FirmwareState.manufacture(machine, made));
  const srk = await storageRootKey(tpm, made);
  const sealer = new Sealer(srk, aside);
  const values = await forecast(machine);
  await sealer.seal(genuine, {
    pcr7: { pcrs: only(values, 7) },
    'pcr4-7': { pcrs: only(values, 4, 7) },
    pcr11: { signer: ukis.signer },
  });
  const { disks, craftedInitrd } = await makeOtherDisks(genuine, ukis, aside);
  const releaseDisk = disks['other-release'];
  const nextValues = await forecast(assemble('other-release', releaseDisk, stores.enrolled));
  await sealer.seal(releaseDisk, { 'pcr4-7-next': { pcrs: only(nextValues, 4, 7) } });
  return {
    secret: sealer.secret,
    forecasts: { genuine: values, 'other-release': nextValues },
    assemble,
    disks: { ...disks, genuine },
    stores,
    tpm,
    craftedInitrd,
    signature: await readFile(ukis.signature, 'base64'),
    tokens: sealer.tokens,
    signer: createPublicKey(await readFile(ukis.signer)),
  };
}

/** Makes the TPM's SRK persistent, as systemd-tpm2-setup does. */
async function storageRootKey(tpm: FirmwareState, context: FirmwareStateContext): Promise<string> {
  await using served = await ServedTpm.start(tpm.tpm.state, tpm.directory, context);
  const kind = ['-C', 'o', '-g', 'sha256', '-G', 'ecc256:null:aes128cfb', '-a', SRK_ATTRIBUTES];
  await served.run('tpm2_createprimary', [...kind, '-c', 'srk.ctx']);
  await served.run('tpm2_evictcontrol', ['-C', 'o', '-c', 'srk.ctx', SRK_HANDLE]);
  await served.run('tpm2_readpublic', ['-c', SRK_HANDLE, '-f', 'tss', '-o', 'srk.pub']);
  return tpm.directory.file('srk.pub');
}

async function forecast(machine: Machine): Promise<SealedValues> {
  const { banks } = await predictFromFiles(machine, FILES_ALONE, SIGNED_PHASE);
  return only(banks.sha256 ?? {}, ...FORECAST_PCRS);
}

/**
 * The values of some PCRs.
 *
 * @throws TypeError where one is missing
 */
export function only(values: SealedValues, ...pcrs: readonly number[]): SealedValues {
  const chosen = pcrs.map((pcr) => {
    const value = values[pcr];
    if (value === undefined) throw new TypeError(`PCR ${pcr} is not forecast`);
    return [pcr, value] as const;
  });
  return Object.fromEntries(chosen);
}
