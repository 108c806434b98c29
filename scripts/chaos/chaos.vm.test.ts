import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolbox } from '../../harness/cli/workspace.ts';
import { needsToolbox, testToolbox } from '../../harness/vm/bench-for-tests.ts';
import { chaosCampaign } from './campaign.ts';
import { firmwareMachine } from './machine.ts';

/** `npm run chaos` makes 200, with other seeds. */
const RUNS = 12;
const SEED = 1;

const title = needsToolbox('harnesses that are killed and starved');

describe.skipIf(testToolbox === undefined)(title, () => {
  const home = mkdtempSync(join(tmpdir(), 'cvm-disk-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it(`leave nothing, and nothing damaged, in ${RUNS} runs`, async () => {
    const lines: string[] = [];
    const machine = await firmwareMachine(join(home, 'empty.raw'));
    const context = { machine, tools: toolbox(), say: (line: string) => lines.push(line) };
    const options = { runs: RUNS, seed: SEED, only: undefined };
    const { runs, skipped, problems } = await chaosCampaign(options, context);
    expect(problems, lines.join('\n')).toBe(0);
    expect(runs + skipped).toBe(RUNS);
  });
});
