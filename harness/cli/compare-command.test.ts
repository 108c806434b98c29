import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { encodeUtf16 } from '../bytes/utf16.ts';
import { UsageError } from '../host/errors.ts';
import { resultWith } from '../report/testing/sample-result.ts';
import { comparePaths } from './compare-command.ts';
import { makeDossier, makeRun } from './testing/made-run.ts';

let folder: string;
const at = (...names: readonly string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
});

afterEach(() => rm(folder, { recursive: true }));

const dossier = (name: string, commandLine: string, memoryMiB?: number) =>
  makeDossier(at(name), commandLine, memoryMiB);
const run = (name: string, commandLines: Readonly<Record<string, string>>) =>
  makeRun(at(name), resultWith([]), commandLines);

const QUIET = 'has an extra word: quiet';

describe('two dossiers', () => {
  it('are compared by their PCRs, events, command lines and machines', async () => {
    const [a, b] = [await dossier('a', 'ro'), await dossier('b', 'ro quiet', 4096)];
    expect(await comparePaths(a, b)).toMatchObject({
      banks: { sha256: { common: [], different: [9], onlyA: [], onlyB: [] } },
      firstDifference: [{ pcr: 9, index: 0 }],
      explanations: [
        { pcr: null, sentence: 'the machines differ: memoryMiB 2048 → 4096', input: 'machine' },
        { pcr: 9, index: 0, sentence: `the command line ${QUIET}`, input: 'command line' },
      ],
    });
    expect(await comparePaths(a, join(b, 'dossier.json'))).toEqual(await comparePaths(a, b));
  });

  it('are refused where a file was changed', async () => {
    const a = await dossier('a', 'ro');
    await writeFile(join(a, 'pcrread.txt'), 'sha256:\n');
    await expect(comparePaths(a, a)).rejects.toThrow(FormatError);
  });
});

describe('a prediction and a dossier', () => {
  it('say what is to be changed for the prediction to fit', async () => {
    const b = await dossier('b', 'ro quiet');
    const data = Buffer.from(encodeUtf16('ro\0'));
    const digest = createHash('sha256').update(data).digest('hex');
    const prediction = {
      banks: { sha256: { 9: digest } },
      events: [
        {
          pcr: 9,
          type: 'EV_EVENT_TAG',
          digests: { sha256: digest },
          description: 'command line (LOADED_IMAGE::LoadOptions)',
          data: data.toString('hex'),
        },
      ],
    };
    await writeFile(at('prediction.json'), JSON.stringify(prediction));
    expect(await comparePaths(at('prediction.json'), b)).toMatchObject({
      explanations: [{ pcr: 9, index: 0, sentence: `the command line ${QUIET}` }],
      toFit: [{ input: 'command line', sentence: 'use the command line: ro quiet' }],
    });
  });
});

describe('runs', () => {
  it('are matched by machine', async () => {
    const a = await run('a', { one: 'ro', two: 'ro', gone: 'ro' });
    const b = await run('b', { two: 'ro quiet', one: 'ro', new: 'ro' });
    expect(await comparePaths(a, join(b, 'result.json'))).toMatchObject({
      banks: { sha256: { common: [], different: [9], onlyA: [], onlyB: [] } },
      boots: [
        { machine: 'one', banks: { sha256: { common: [9] } }, explanations: [] },
        { machine: 'two', banks: { sha256: { different: [9] } } },
      ],
      firstDifference: [{ machine: 'two', pcr: 9, index: 0 }],
      explanations: [{ machine: 'two', pcr: 9, sentence: `the command line ${QUIET}` }],
      onlyA: ['gone'],
      onlyB: ['new'],
    });
  });

  it('with no machine in common are refused', async () => {
    const [a, b] = [await run('a', { one: 'ro' }), await run('b', { two: 'ro' })];
    await expect(comparePaths(a, b)).rejects.toThrow(
      new UsageError('no machine was booted in both runs: one · two'),
    );
  });

  it('of one boot stand for it, and of several are refused with their names', async () => {
    const single = await run('single', { one: 'ro' });
    const alone = await dossier('alone', 'ro');
    expect(await comparePaths(single, alone)).toMatchObject({ banks: { sha256: { common: [9] } } });
    const several = await run('several', { one: 'ro', two: 'ro' });
    await expect(comparePaths(alone, several)).rejects.toThrow(
      `${several}: a run with several boots, one, two; name one by its dossier, e.g. ` +
        join(several, 'dossiers', 'one'),
    );
  });

  it('of a folder that is none are refused', async () => {
    await expect(comparePaths(folder, folder)).rejects.toThrow(
      new UsageError(`${folder}: neither a dossier (dossier.json) nor a run (result.json)`),
    );
    await writeFile(at('result.json'), '{"boots":[]}');
    await expect(comparePaths(folder, folder)).rejects.toThrow(FormatError);
  });
});
