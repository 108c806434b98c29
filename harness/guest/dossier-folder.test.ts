import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { openDossierFolder, writeDossierIndex } from './dossier-folder.ts';

// SHA-256 of "abc": FIPS 180-2, B.1.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const ABOUT = {
  machine: { name: 'uki' },
  accelerator: 'tcg',
  startedAt: '2026-11-21T07:32:17.007Z',
  stages: [],
  answeredAtMs: 1,
  inputs: [],
  tools: {},
} as const;

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  await writeFile(at('pcrread.txt'), 'abc');
  await writeFile(at('dmesg.txt'), '');
  await writeFile(at('notes.txt'), 'of nobody');
  await writeDossierIndex(folder, { ...ABOUT, stages: [], inputs: [], tools: {} });
});

afterEach(() => rm(folder, { recursive: true }));

describe('the folder of a dossier', () => {
  it('is indexed and opened again', async () => {
    const dossier = await openDossierFolder(folder);
    expect(dossier.index).toMatchObject({
      schemaVersion: 1,
      machine: { name: 'uki' },
      files: [
        { file: 'pcrread.txt', bytes: 3, sha256: ABC, witness: 'guest command' },
        { file: 'dmesg.txt', bytes: 0 },
      ],
    });
    expect(Buffer.from(dossier.file('pcrs').read(0, 3)).toString()).toBe('abc');
    expect(dossier.has('eventLog')).toBe(false);
    expect(await sha256OfFile(at('pcrread.txt'))).toBe(ABC);
  });

  it('is refused with a changed file', async () => {
    await writeFile(at('pcrread.txt'), 'abd');
    await expect(openDossierFolder(folder)).rejects.toThrow(
      `pcrread.txt: at 0x0: expected the file that was collected, 3 bytes, SHA-256 ${ABC}`,
    );
  });

  it('is refused with a missing file, though it was empty', async () => {
    await rm(at('dmesg.txt'));
    await expect(openDossierFolder(folder)).rejects.toThrow('dmesg.txt: no such file');
  });

  it('is refused with a FIFO, a folder or endless bytes in the place of a file, and does not hang', async () => {
    await rm(at('dmesg.txt'));
    await execa('mkfifo', [at('dmesg.txt')]);
    await expect(openDossierFolder(folder)).rejects.toThrow(
      'expected a regular file, found a FIFO',
    );
    await rm(at('dmesg.txt'));
    await mkdir(at('dmesg.txt'));
    await expect(openDossierFolder(folder)).rejects.toThrow('found a directory');
    await rm(at('dmesg.txt'), { recursive: true });
    await symlink('/dev/zero', at('dmesg.txt'));
    await expect(openDossierFolder(folder)).rejects.toThrow('found a device');
    await rm(at('dmesg.txt'));
    await writeFile(at('dmesg.txt'), '');
    await truncate(at('dmesg.txt'), 2 ** 40);
    await expect(openDossierFolder(folder)).rejects.toThrow('found 1099511627776 bytes');
  });

  it('does not look at what the index does not list', async () => {
    await execa('mkfifo', [at('fifo')]);
    await mkdir(at('folder'));
    expect((await openDossierFolder(folder)).index.files).toHaveLength(2);
  });

  it('is told from what is none', async () => {
    await expect(openDossierFolder(at('none'))).rejects.toThrow('none: no such dossier');
    await expect(openDossierFolder(at('pcrread.txt'))).rejects.toThrow(
      'pcrread.txt: no dossier, which is a folder',
    );
    await rm(at('dossier.json'));
    await expect(openDossierFolder(folder)).rejects.toThrow('no dossier, it has no dossier.json');
    await mkdir(at('dossiers'));
    await expect(openDossierFolder(folder)).rejects.toThrow('those of a run are in dossiers/');
  });
});
