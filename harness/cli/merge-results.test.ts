import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { mergeResults } from './merge-results.ts';
import { readResult } from './result-file.ts';

let folder: string;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
});
afterEach(() => rm(folder, { recursive: true }));

/** The folder of part `index` of two, with files of evidence. */
async function shard(index: number, evidence: Readonly<Record<string, string>>): Promise<string> {
  const run = join(folder, `shard-${index}`);
  const result = resultWith([judged('CVM-MB-001', 'MUST', 'pass')]);
  const part = { index, total: 2, plan: 'ab'.repeat(32) };
  const files = {
    ...evidence,
    'result.json': JSON.stringify({ ...result, run: { ...result.run, shard: part } }),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(run, name)), { recursive: true });
    await writeFile(join(run, name), text);
  }
  return run;
}

describe('the folders of shards', () => {
  it('become the folder of one run, with the evidence of all', async () => {
    const shards = [
      await shard(1, { 'dossiers/uki/pcrs.txt': 'uki', 'firmware/good/console.log': 'first' }),
      await shard(2, { 'dossiers/shim/pcrs.txt': 'shim', 'firmware/good/console.log': 'second' }),
    ];
    const results = join(folder, 'results');
    const { run } = await mergeResults(shards, results);
    const joined = join(results, run.id);
    expect(await readlink(join(results, 'latest'))).toBe(run.id);
    expect((await readdir(results)).sort()).toEqual([run.id, 'latest']);
    expect((await readResult(joined)).requirements[0]?.findings).toHaveLength(2);
    const evidence = await Promise.all(
      ['dossiers/uki/pcrs.txt', 'dossiers/shim/pcrs.txt', 'firmware/good/console.log'].map((name) =>
        readFile(join(joined, name), 'utf8'),
      ),
    );
    expect(evidence).toEqual(['uki', 'shim', 'first']);
    expect(await readFile(join(joined, 'report.html'), 'utf8')).toMatch(/^<!DOCTYPE html>/);
  });

  it('leave nothing where they are not those of one run', async () => {
    const results = join(folder, 'results');
    await expect(mergeResults([await shard(1, {})], results)).rejects.toThrow(
      'no shards of one run: part 2 of 2 is missing',
    );
    expect((await readdir(folder)).includes('results')).toBe(false);
  });
});
