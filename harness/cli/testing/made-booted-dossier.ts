import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predictFromFiles } from '../../../suites/predict-from-files.ts';
import { bytesSource } from '../../bytes/source.ts';
import { makeVariableStore } from '../../formats/testing/make-variable-store.ts';
import { writeDossierIndex } from '../../guest/dossier-folder.ts';
import { sha256OfFile } from '../../host/sha256-of-file.ts';
import { Machine } from '../../machine/machine.ts';
import { BANKS, type Bank, zeroPcr } from '../../measure/bank.ts';
import { readEventLog } from '../../measure/event-log.ts';
import { replayLog } from '../../measure/log-replay.ts';
import { agileRecord, specIdRecord } from '../../measure/testing/log-bytes.ts';
import { FILES_ALONE } from '../../predict/platform.ts';
import { makeFirmwareImage, makeUki } from '../../predict/testing/made-boot.ts';

const LOGGED: readonly Bank[] = ['sha256', 'sha384'];

/** What a made boot was made from. */
const INPUTS = ['CODE.fd', 'VARS.fd', 'uki.efi'];

/**
 * Makes firmware and a UKI, and the machine that boots them.
 *
 * @param folder where the files are written
 * @param uki its content
 */
export async function makeBootedMachine(folder: string, uki = makeUki(257)): Promise<Machine> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'CODE.fd'), makeFirmwareImage());
  await writeFile(join(folder, 'VARS.fd'), makeVariableStore([]));
  await writeFile(join(folder, 'uki.efi'), uki);
  return Machine.parse({
    name: 'made',
    firmware: {
      kind: 'pflash',
      code: join(folder, 'CODE.fd'),
      vars: join(folder, 'VARS.fd'),
      smm: true,
    },
    boot: { kind: 'kernel', kernel: join(folder, 'uki.efi') },
  });
}

/**
 * Makes the dossier of a boot that measured just what is predicted, and a separator into PCR 15.
 *
 * @param dossier folder of the dossier
 * @param folder where the machine's files are
 */
export async function makeBootedDossier(
  dossier: string,
  folder: string,
  machine: Machine,
): Promise<void> {
  await mkdir(dossier, { recursive: true });
  const log = await logAsPredicted(machine);
  await writeFile(join(dossier, 'binary_bios_measurements'), log);
  await writeFile(join(dossier, 'tpm2-measure.log'), '');
  await writeFile(join(dossier, 'pcrread.txt'), pcrread(log));
  await writeBootedIndex(dossier, folder, machine);
}

/**
 * Writes the index of such a dossier anew.
 *
 * @param machine what it says of the machine
 * @param inputs names of the files whose digests it has
 */
export async function writeBootedIndex(
  dossier: string,
  folder: string,
  machine: { readonly name: string },
  inputs: readonly string[] = INPUTS,
): Promise<void> {
  const digests = inputs.map(async (file) => {
    const path = join(folder, file);
    return { path, sha256: await sha256OfFile(path) };
  });
  await writeDossierIndex(dossier, {
    machine: { ...machine },
    accelerator: 'tcg',
    startedAt: '2026-11-21T07:32:17.007Z',
    stages: [],
    answeredAtMs: 1,
    inputs: await Promise.all(digests),
    tools: {},
  });
}

/** The firmware's log of a boot that measures what is predicted. */
export async function logAsPredicted(machine: Machine): Promise<Uint8Array<ArrayBuffer>> {
  const { events } = await predictFromFiles(machine, FILES_ALONE);
  const zeros = new Uint8Array(4);
  const separator = LOGGED.map((bank) => idAnd(bank, createHash(bank).update(zeros).digest('hex')));
  return new Uint8Array(
    Buffer.concat([
      specIdRecord(LOGGED.map((bank) => [BANKS[bank].algId, BANKS[bank].digestBytes])),
      ...events.map(({ pcr, digests }) => {
        const logged = LOGGED.map((bank) => idAnd(bank, digests[bank] ?? ''));
        return agileRecord(pcr, 'EV_EFI_BOOT_SERVICES_APPLICATION', logged, new Uint8Array(0));
      }),
      agileRecord(15, 'EV_SEPARATOR', separator, zeros),
    ]),
  );
}

function idAnd(bank: Bank, digest: string): readonly [number, string] {
  return [BANKS[bank].algId, digest];
}

/** What tpm2_pcrread prints after a boot with such a log. */
export function pcrread(log: Uint8Array): string {
  const values = replayLog(readEventLog(bytesSource('log', log)));
  const lines = (bank: Bank) =>
    Array.from({ length: 24 }, (_, pcr) => {
      const value = values[bank]?.[pcr] ?? zeroPcr(bank);
      return `    ${pcr} : 0x${value.toUpperCase()}\n`;
    });
  return LOGGED.map((bank) => `  ${bank}:\n${lines(bank).join('')}`).join('');
}
