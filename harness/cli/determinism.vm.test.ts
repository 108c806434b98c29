import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../report/result.ts';
import { withoutTimes } from '../report/testing/steady-result.ts';
import { needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { readResult } from './result-file.ts';
import { WORKSPACE } from './workspace.ts';

/** Launches that come to nothing, and runs of the firmware alone, of programs that each run makes among them: what takes seconds. */
const REQUIREMENTS = ['CVM-LM-001', 'CVM-LM-002', 'CVM-LM-003', 'CVM-KH-005', 'CVM-SB-005'];

const title = needsToolbox('the same run, twice at once in one checkout');

describe.skipIf(testToolbox === undefined)(title, () => {
  const results = mkdtempSync(join(tmpdir(), 'cvm-twice-'));
  let both: readonly Result[];

  beforeAll(async () => {
    // In turn and side by side: in which order tests end must not show.
    await Promise.all([run('1'), run('2')]);
    const runs = readdirSync(results).filter((name) => name !== 'latest');
    both = await Promise.all(runs.map((name) => readResult(join(results, name))));
  });
  afterAll(() => rmSync(results, { recursive: true, force: true }));

  it('has the same result, but for times and the name of the run', () => {
    expect(both).toHaveLength(2);
    const [one, other] = both.map(withoutTimes);
    expect(one).toEqual(other);
  });

  it('has judged what was asked for', () => {
    const judged = both[0]?.requirements.filter(({ id }) => REQUIREMENTS.includes(id));
    expect(judged?.map(({ state }) => state)).toEqual(REQUIREMENTS.map(() => 'pass'));
  });

  it('is the latest in one of its copies', async () => {
    const { run: latest } = await readResult(join(results, 'latest'));
    expect(both.map((result) => result.run.id)).toContain(latest.id);
  });

  async function run(jobs: string): Promise<void> {
    const chosen = REQUIREMENTS.flatMap((id) => ['--requirement', id]);
    const cvm = join(WORKSPACE.root, 'harness', 'cli', 'main.ts');
    const options = ['--accel', 'tcg', '--jobs', jobs, '--results', results];
    await execa(process.execPath, [cvm, 'conformance', ...chosen, ...options], { reject: false });
  }
});
