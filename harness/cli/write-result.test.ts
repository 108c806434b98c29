import { mkdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { linkLatest, runId, writeResult } from './write-result.ts';

let results: string;

beforeEach(async () => {
  results = (await dir({ prefix: 'cvm-test-' })).path;
});

afterEach(() => rm(results, { recursive: true }));

describe('the folder of a run', () => {
  it('is named for its start, and told from others of the same second', () => {
    const startedAt = new Date('2026-11-21T07:32:17.007Z');
    expect(runId(startedAt)).toMatch(/^20261121T073217Z-[0-9a-f]{4}$/);
  });

  it('has the result in every form', async () => {
    const result = resultWith([judged('CVM-MB-001', 'MUST', 'pass')]);
    await writeResult(results, result);
    const json = await readFile(join(results, 'result.json'), 'utf8');
    expect(JSON.parse(json)).toEqual(result);
    const forms = {
      'junit.xml': /^<\?xml /,
      'ctrf.json': /"reportFormat": "CTRF"/,
      'summary.md': /^# ✅ 1 of 1 MUST/,
      'badge.json': /"color": "brightgreen"/,
      'statement.json': /"result": "PASSED"/,
    };
    for (const [name, pattern] of Object.entries(forms)) {
      expect(await readFile(join(results, name), 'utf8')).toMatch(pattern);
    }
  });

  it('is the latest, each time anew', async () => {
    for (const run of ['one', 'two']) {
      await mkdir(join(results, run));
      await linkLatest(results, join(results, run));
      expect(await readlink(join(results, 'latest'))).toBe(run);
    }
  });
});
