import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { expect, it } from 'vitest';
import { appendHistory, historyLine } from './history.ts';
import type { Result } from './job.ts';

const occasion = { at: '2026-01-31T12:00:00.000Z', node: 'v24.0.0', cores: 2 };
const job = { name: 'one', ours: 'cvm', peer: 'tool' };

it('a result is a line', () => {
  const spread = { min: 10.12345, median: 12 };
  const comparison = { runs: 5, ours: spread, peer: spread, ratio: 1 };
  const result: Result = { job, outcome: { kind: 'compared', comparison } };
  expect(historyLine(result, occasion)).toBe(
    '{"at":"2026-01-31T12:00:00.000Z","node":"v24.0.0","cores":2,"job":"one","kind":"compared",' +
      '"comparison":{"runs":5,"ours":{"min":10.123,"median":12},"peer":{"min":10.123,"median":12},' +
      '"ratio":1}}',
  );
});

it('a job that was not counted is a line too', () => {
  const result: Result = { job, outcome: { kind: 'not counted', why: 'no tool' } };
  expect(JSON.parse(historyLine(result, occasion))).toMatchObject({ job: 'one', why: 'no tool' });
});

it('a history grows', async () => {
  const folder = (await dir({ prefix: 'cvm-test-' })).path;
  try {
    const path = join(folder, 'bench', 'history.jsonl');
    await appendHistory(path, ['1', '2']);
    await appendHistory(path, ['3']);
    expect(await readFile(path, 'utf8')).toBe('1\n2\n3\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});
