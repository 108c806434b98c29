import { mkdir, rm } from 'node:fs/promises';
import { dir } from 'tmp-promise';
import { expect, test } from 'vitest';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { readResult } from './result-file.ts';
import { writeResult } from './write-result.ts';

test('the result of a run is read from its folder and from its file', async () => {
  const { path: run } = await dir({ prefix: 'cvm-test-' });
  const result = resultWith([judged('CVM-MB-001', 'MUST', 'pass')]);
  await writeResult(run, result);
  expect(await readResult(run)).toEqual(result);
  expect(await readResult(`${run}/result.json`)).toEqual(result);
  await rm(run, { recursive: true });
});

test('a folder without a result is told from a file that is not there', async () => {
  const { path: run } = await dir({ prefix: 'cvm-test-' });
  await mkdir(`${run}/dossiers`);
  await expect(readResult(run)).rejects.toThrow(
    `${run}: no run that is finished: it has no result.json`,
  );
  await expect(readResult(`${run}/other`)).rejects.toThrow(`${run}/other: no such file`);
  await rm(run, { recursive: true });
});
