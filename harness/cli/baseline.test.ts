import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { State } from '../judge/finding.ts';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { hasRegressed } from './baseline.ts';
import { readResult } from './result-file.ts';

let run: string;

beforeEach(async () => {
  run = (await dir({ prefix: 'cvm-test-' })).path;
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(run, { recursive: true });
});

const resultOf = (...states: readonly State[]) =>
  resultWith(
    states.map((state, at) => {
      const one = judged(`CVM-XX-00${at}`, 'MUST', state);
      return state === 'not-tested' ? { ...one, findings: [] } : one;
    }),
  );

it.each([
  [['pass', 'pass'], ['pass', 'pass'], {}, false],
  [['pass', 'pass'], ['pass', 'fail'], {}, true],
  [['pass', 'pass'], ['pass', 'not-tested'], {}, true],
  [['pass', 'pass'], ['pass', 'not-tested'], { requirement: ['CVM-XX-000'] }, false],
  [['pass', 'pass'], ['pass', 'not-tested'], { quick: true as const }, false],
  [['pass', 'pass'], ['fail', 'not-tested'], { quick: true as const }, true],
  [['pass', 'pass'], ['pass'], {}, true],
  [['fail'], ['pass', 'fail'], {}, false],
] as const)('from %j to %j, asked for %j: %s', async (before, after, asked, regressed) => {
  expect(await hasRegressed(run, resultOf(...before), resultOf(...after), asked)).toBe(regressed);
  expect(JSON.parse(await readFile(join(run, 'baseline-diff.json'), 'utf8'))).toMatchObject({
    environment: [],
  });
});

it('of two quick runs, what only the later one did not judge has regressed', async () => {
  const quick = (...states: readonly State[]) => {
    const result = resultOf(...states);
    return { ...result, run: { ...result.run, quick: true as const } };
  };
  const runs = [quick('pass', 'pass'), quick('pass', 'not-tested')] as const;
  expect(await hasRegressed(run, ...runs, { quick: true })).toBe(true);
  expect(await hasRegressed(run, ...runs, { quick: true, suite: ['other'] })).toBe(false);
});

const BASELINES = join(import.meta.dirname, '../../results/baselines');

it.each((await readdir(BASELINES)).filter((name) => name.endsWith('.json')))(
  'the kept baseline %s is a result that later ones can be compared with',
  async (name) => {
    const baseline = await readResult(join(BASELINES, name));
    expect(await hasRegressed(run, baseline, baseline, {})).toBe(false);
  },
);
