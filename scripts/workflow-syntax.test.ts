import { describe, expect, it } from 'vitest';
import { usageProblem } from './testing/cvm-usage.ts';
import { commandsOf, cvmWords } from './testing/shell-words.ts';
import { workflowProblems } from './testing/workflow-problems.ts';
import { readWorkflows, scriptsOf } from './testing/workflows.ts';

const workflows = await readWorkflows();
const scripts = scriptsOf(workflows);

/** A script with a value for each variable that a job gives it. */
function withValues(run: string): string {
  const values = {
    $IMAGE: 'uki-verity',
    $FIRMWARE: '2026.08',
    $PROFILE: 'emulated',
    $ACCEL: 'tcg',
    $SHARD: '1',
    '${parts[@]}': 'part',
  };
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), run);
}

describe('the workflows', () => {
  it('are those of the night and of pull requests', () => {
    expect(workflows.map(({ file }) => file)).toEqual(['nightly.yml', 'pull-request.yml']);
  });

  it.each(workflows)('$file is a workflow, as GitHub reads it', async ({ file, text }) => {
    expect(await workflowProblems(file, text)).toEqual([]);
  });

  it.each([
    ['an unknown key', 'bogus: 1'],
    ['an unknown right', 'permissions: { issues: maybe }'],
    ['an unknown variable', "if: foo.bar == 'a'"],
    ['an unfinished expression', 'if: github.'],
  ])('would not be one with %s', async (_, line) => {
    const content = `on: push\njobs:\n  a:\n    ${line}\n    runs-on: x\n    steps: [{ run: x }]\n`;
    expect(await workflowProblems('a.yml', content)).toHaveLength(1);
  });

  it('know one set-up from another in the same way', () => {
    const keys = workflows.flatMap(({ text }) => text.match(/key: set-up-.*/g) ?? []);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  it.each(scripts)('$name: $step calls cvm as it can be called', async ({ run }) => {
    for (const words of commandsOf(withValues(run))) {
      const called = cvmWords(words);
      if (called !== undefined)
        expect([called, await usageProblem(called)]).toEqual([called, undefined]);
    }
  });
});
