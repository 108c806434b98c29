import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../harness/bytes/format-error.ts';
import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import { resultOrFormatError } from '../../harness/formats/testing/mutations.ts';
import { sourceFiles } from '../source-files.ts';
import { Pool } from './pool.ts';
import { TARGETS } from './targets.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Enough to see that a target works; fuzzing itself takes its time. */
const RUNS = 50;

/** Rooms whose readers are all fuzzed. */
const ROOMS = [
  ...['formats', 'measure', 'sev', 'verity', 'tpm', 'evidence', 'predict', 'machine'],
  ...['report', 'cli'],
];

/** Readers that no target needs to reach, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  readMachineFirmware: 'opens the files of a machine and gives them to readFirmware',
  readNamedVolume: 'readFirmwareVolumeHeader and readFirmwareFiles',
  readConfig: 'finds and opens the file, and gives it to readYaml and checkConfig',
  readDossierEvidence: 'opens a dossier and gives its files to readPcrEvidence and others',
  readPrivateKey: 'opens the file and gives it to privateKeyOf',
  readResult: 'opens the file and gives it to resultOf',
  readRunEvidence: 'opens the files of a run and gives them to readers',
  readOvmfBootManager: 'looks for constants in a driver of a volume that was read',
  readOvmfSmbios: 'looks for constants in a driver of a volume that was read',
};

const FUNCTION = /^export (?:async )?function\*? (\w+)/gm;

/** Functions that rooms export. */
async function exportedFunctions(rooms: readonly string[]): Promise<readonly string[]> {
  const folders = rooms.map((room) => `harness/${room}`);
  const files = (await sourceFiles(ROOT, folders)).filter(
    (file) => !/\.test\.ts$|\/testing\//.test(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(FUNCTION)].map(([, name = '']) => name));
}

describe('the fuzz targets', { timeout: 30_000 }, () => {
  const named = [...TARGETS.flatMap(({ covers }) => covers), ...Object.keys(EXCEPTIONS)];

  test('reach every reader of these rooms', async () => {
    const readers = (await exportedFunctions(ROOMS)).filter((name) =>
      /^(?:read|decode)[A-Z]/.test(name),
    );
    expect(readers.filter((name) => !named.includes(name))).toEqual([]);
  });

  test('name and except nothing that is not there', async () => {
    const functions = await exportedFunctions([...ROOMS, 'bytes']);
    expect(named.filter((name) => !functions.includes(name))).toEqual([]);
  });

  test('have names of their own', () => {
    const names = TARGETS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(TARGETS)('$name: there is a made input that is sound', ({ made, read }) => {
    const values = made().map((input) => resultOrFormatError(() => read(input)));
    expect(values.some((value) => !(value instanceof FormatError))).toBe(true);
  });

  test.each(TARGETS)('$name: changed inputs give a value or a FormatError', (target) => {
    const pool = new Pool(target, target.made(), seededRandom('7'));
    for (let done = 0; done < RUNS; done++) resultOrFormatError(() => target.read(pool.next()));
  });
});
