import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Scope } from '../../harness/host/scope.ts';
import { writeEspFiles } from '../../harness/images/esp-files.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { FILES_ALONE } from '../../harness/predict/platform.ts';
import type { Prediction } from '../../harness/predict/prediction.ts';
import { FirmwareState, type FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { ONE_BANK } from '../one-bank.ts';
import { predictFromFiles } from '../predict-from-files.ts';
import type { Stock } from '../stock.ts';
import type { DiskContext } from './disk-context.ts';
import type { SealedStore } from './machines.ts';
import { CREDENTIALS_FOLDER, makePcrlockPolicy, type PcrlockPolicy } from './pcrlock.ts';
import { type EarlyDisk, makeDisk, makeOtherDisks, makeSealedStores } from './sealed-disks.ts';
import { makeSealedUkis, type SealedUkis, SIGNED_PHASE } from './sealed-ukis.ts';
import { only, type SealedValues, valuesOf } from './sealed-values.ts';
import { type SealedTokens, Sealer } from './sealer.ts';
import { storageRootKey } from './storage-root-key.ts';

/** Releases of the UKI whose boots are forecast. */
type Release = 'genuine' | 'other-release';

/** A machine of the suite, put together. */
type Assemble = (name: string, disk: string, vars: string) => Machine;

/** What the machines of the suite are made from. */
export type SealedParts = {
  /** What further disks are made with. */
  readonly aside: DiskContext;
  readonly assemble: Assemble;
  readonly stores: Readonly<Record<SealedStore, string>>;
  readonly disks: Readonly<Record<EarlyDisk, string>>;
  /** The TPM that keys are sealed to. */
  readonly tpm: FirmwareState;
  readonly ukis: SealedUkis;
  readonly forecasts: Readonly<Record<Release, SealedValues>>;
  readonly pcrlock: PcrlockPolicy;
  readonly secret: string;
  readonly passphrase: string;
  readonly tokens: SealedTokens;
  readonly craftedInitrd: string;
  /** Signatures of the genuine UKI's PCR 11, JSON in base64. */
  readonly signature: string;
  readonly signer: KeyObject;
};

/**
 * Makes all of it; nothing is booted.
 *
 * @param scope disposes of the TPM
 * @throws InfraError where a tool fails
 */
export async function makeSealedParts(
  stock: Stock,
  aside: DiskContext,
  context: FirmwareStateContext,
  scope: Scope,
): Promise<SealedParts> {
  const firmware = stock.firmware('2025.02', 'secure-boot');
  const assemble = assembler(firmware.code.path);
  const stores = await makeSealedStores(firmware, aside);
  const ukis = await makeSealedUkis(aside);
  const forecastOf = async (name: Release, uki: string) => {
    const disk = await makeDisk(name, { from: aside.image.disk, uki }, aside);
    return { disk, forecast: await forecast(assemble(name, disk, stores.enrolled)) };
  };
  const genuine = await forecastOf('genuine', ukis.genuine);
  const release = await forecastOf('other-release', ukis.otherRelease);
  const machine = assemble('genuine', genuine.disk, stores.enrolled);
  const tpm = scope.use('TPM', await FirmwareState.manufacture(machine, context));
  const sealer = new Sealer(await storageRootKey(tpm, context), aside);
  const foreseen = { genuine: genuine.forecast, 'other-release': release.forecast };
  const pcrlock = await makePcrlockPolicy(foreseen, tpm, context);
  const forecasts = {
    genuine: valuesOf(genuine.forecast),
    'other-release': valuesOf(release.forecast),
  };
  const sealed = await sealDisks(genuine.disk, { ukis, forecasts, pcrlock }, sealer, aside);
  return {
    ...{ aside, assemble, stores, ...sealed, tpm, ukis, forecasts, pcrlock },
    ...{ secret: sealer.secret, passphrase: sealer.passphrase, tokens: sealer.tokens },
    signature: await readFile(ukis.signature, 'base64'),
    signer: createPublicKey(await readFile(ukis.signer)),
  };
}

function assembler(code: string): Assemble {
  return (name, disk, vars) =>
    Machine.parse({
      name,
      firmware: { kind: 'pflash', code, vars, smm: true },
      boot: { kind: 'disk', format: 'raw', path: disk },
      // Two of one processor boot in two thirds of the time.
      vcpus: 1,
      tpm: ONE_BANK,
    });
}

/** What is measured until the initrd opens volumes. */
function forecast(machine: Machine): Promise<Prediction> {
  return predictFromFiles(machine, FILES_ALONE, SIGNED_PHASE);
}

/** Adds the volumes to the genuine disk, and makes the others from it. */
async function sealDisks(
  genuine: string,
  { ukis, forecasts, pcrlock }: Pick<SealedParts, 'ukis' | 'forecasts' | 'pcrlock'>,
  sealer: Sealer,
  aside: DiskContext,
): Promise<Pick<SealedParts, 'disks' | 'craftedInitrd'>> {
  await sealer.seal(genuine, {
    pcr7: { pcrs: only(forecasts.genuine, 7) },
    'pcr4-7': { pcrs: only(forecasts.genuine, 4, 7) },
    pcr11: { signer: ukis.signer },
    pcrlock: { pcrlock: pcrlock.path },
    'first-boot': null,
  });
  const { disks, craftedInitrd } = await makeOtherDisks(genuine, ukis, aside);
  const release = disks['other-release'];
  await sealer.seal(release, { 'pcr4-7-next': { pcrs: only(forecasts['other-release'], 4, 7) } });
  for (const disk of [genuine, release]) await addCredential(disk, pcrlock, aside);
  return { disks: { ...disks, genuine }, craftedInitrd };
}

/** systemd-stub measures it into PCR 12, of which no policy is. */
async function addCredential(
  disk: string,
  { credential }: PcrlockPolicy,
  { tools, run }: DiskContext,
): Promise<void> {
  const folders = [dirname(CREDENTIALS_FOLDER), CREDENTIALS_FOLDER];
  await writeEspFiles(disk, { folders, files: [credential] }, tools, run);
}
