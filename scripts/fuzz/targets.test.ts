import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../harness/bytes/format-error.ts';
import { resultOrFormatError } from '../../harness/formats/testing/mutations.ts';
import { sourceFiles } from '../source-files.ts';
import { Pool } from './pool.ts';
import { seededRandom } from './random.ts';
import { TARGETS } from './targets.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Enough to see that a target works; fuzzing itself takes its time. */
const RUNS = 50;

const ROOMS = ['formats', 'measure', 'sev', 'verity', 'tpm', 'evidence', 'predict', 'machine'];

/** Readers that no target needs to reach, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  findBootImage: 'looks files up on volumes that the targets gpt, fat and pe read',
  findChain: 'takes certificates that were read',
  findDigest: 'looks up what was read',
  findRootPartition: 'takes partitions that were read',
  findShimVariable: 'looks up what was read',
  openRoot: 'opens the partition that findRootPartition found with openVolumeTree',
  readMachineFirmware: 'opens the files of a machine and gives them to readFirmware',
  readNamedVolume: 'readFirmwareVolumeHeader and readFirmwareFiles',
  readOvmfBootManager: 'looks for constants in a driver of a volume that was read',
  readOvmfSmbios: 'looks for constants in a driver of a volume that was read',
  readyToBootEvents: 'reads nothing: its name says when the firmware measures',
};

/** Names that stand for reading. */
const READER = /^export (?:async )?function\*? ((?:read|open|decode|parse|find)[A-Z]?\w*)/gm;

async function exportedReaders(): Promise<readonly string[]> {
  const folders = ROOMS.map((room) => `harness/${room}`);
  const files = (await sourceFiles(ROOT, folders)).filter(
    (file) => !/\.test\.ts$|\/testing\//.test(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(READER)].map(([, name = '']) => name));
}

describe('the fuzz targets', { timeout: 30_000 }, () => {
  test('reach every reader of the pure rooms', async () => {
    const readers = await exportedReaders();
    const covered = [...TARGETS.flatMap(({ covers }) => covers), ...Object.keys(EXCEPTIONS)];
    expect(readers.filter((name) => !covered.includes(name))).toEqual([]);
  });

  test('name and except no reader that is not there', async () => {
    const readers = [...(await exportedReaders()), 'erofsFlatRuns', 'initrdTree', 'readJson'];
    const named = [...TARGETS.flatMap(({ covers }) => covers), ...Object.keys(EXCEPTIONS)];
    expect(named.filter((name) => !readers.includes(name))).toEqual([]);
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
