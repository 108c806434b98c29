import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import type { MadeSelection } from './testing/run-made-suites.ts';

const RUNNER = join(import.meta.dirname, 'testing', 'run-made-suites.ts');
const CONFORMANCE = join(import.meta.dirname, 'conformance.ts');
const VITEST = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'dist', 'index.js');

/** A test that leaves a finding as the suites' own tests do. */
const PASSES = `
  import { test } from '${VITEST}';
  test('CVM-MB-001 uki: passes', ({ task }) => {
    task.meta.requirement = 'CVM-MB-001';
    task.meta.findings = [{ requirement: 'CVM-MB-001', state: 'pass' }];
    task.meta.tables = [{ id: 'a', rows: [1] }, { id: 'a', rows: [2] }];
  });`;

/** Two tests of requirements, each with a machine of its own. */
const TWO = `
  import { test } from '${VITEST}';
  for (const [id, machine] of [['CVM-MB-001', 'uki'], ['CVM-MB-002', 'a(b) [c]']])
    test(id + ' ' + machine + ': passes', { meta: { machines: [machine] } }, ({ task }) => {
      task.meta.requirement = id;
      task.meta.findings = [{ requirement: id, state: 'pass' }];
    });`;

/** Two tests that run side by side, of which the first ends last. */
const SIDE_BY_SIDE = `
  import { test } from '${VITEST}';
  const { promise, resolve } = Promise.withResolvers();
  for (const [id, wait] of [['CVM-MB-001', promise], ['CVM-MB-002']])
    test(id + ' uki: passes', { concurrent: true }, async ({ task }) => {
      await wait;
      task.meta.requirement = id;
      task.meta.findings = [{ requirement: id, state: 'pass' }];
      resolve();
    });`;

/** A test that names no requirement. */
const BARE = `import { test } from '${VITEST}'; test('bare', () => {});`;

const ALL: MadeSelection = { suites: [], requirements: [] };

/** Runs suites, each a file's text by its path, in a process of their own. */
async function run(files: Readonly<Record<string, string>>, selection: Partial<MadeSelection>) {
  const { path: folder } = await dir({ prefix: 'cvm-test-' });
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    const chosen = JSON.stringify({ ...ALL, ...selection });
    // Vitest sets an exit code of its own where a test fails.
    const { stdout } = await execa(process.execPath, [RUNNER, folder, chosen], { reject: false });
    return JSON.parse(stdout) as unknown;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a run of the suites', { timeout: 60_000 }, () => {
  it('gathers the findings of its tests', async () => {
    expect(await run({ 'a/a.suite.ts': PASSES }, { requirements: ['CVM-MB-001'] })).toEqual({
      findings: [{ requirement: 'CVM-MB-001', state: 'pass' }],
      boots: [],
      tables: [{ id: 'a', rows: [1, 2] }],
    });
  });

  it('runs the tests that are chosen of those that are listed, with their machines', async () => {
    const chosen = (machines: readonly string[]) => run({ 'a/a.suite.ts': TWO }, { machines });
    expect(await chosen(['a(b) [c]'])).toEqual({
      findings: [{ requirement: 'CVM-MB-002', state: 'pass' }],
      boots: [],
      tables: [],
    });
    expect(await chosen([])).toEqual({ findings: [], boots: [], tables: [] });
  });

  it('has findings in the order of its tests, in whatever order they end', async () => {
    const outcome = await run({ 'b/b.suite.ts': SIDE_BY_SIDE, 'a/a.suite.ts': PASSES }, {});
    const ids = ['CVM-MB-001', 'CVM-MB-001', 'CVM-MB-002'];
    expect(outcome).toMatchObject({ findings: ids.map((requirement) => ({ requirement })) });
  });

  it('does not choose among what cannot be loaded', async () => {
    const files = { 'a/a.suite.ts': TWO, 'b/b.suite.ts': "throw new Error('broken suite');" };
    expect(await run(files, { machines: ['uki'] })).toMatchObject({ name: 'InfraError' });
  });

  it.each([
    ['no test is chosen', { 'a/a.suite.ts': PASSES }, { requirements: ['CVM-MB-00'] }, 'CVM-MB-00'],
    ['a suite has no tests of requirements', { 'a/a.suite.ts': BARE }, {}, 'any requirement'],
    [
      'one requirement of two is answered',
      { 'a/a.suite.ts': PASSES },
      { requirements: ['CVM-MB-001', 'CVM-MB-002'] },
      'CVM-MB-002',
    ],
  ])('is no success where %s', async (_, files, selection, unanswered) => {
    expect(await run(files, selection)).toEqual({
      name: 'InfraError',
      message: `suite failed: no test has answered ${unanswered}`,
    });
  });

  it.each([{}, { suites: ['b'] }])(
    'is no success where there is no suite: %j',
    async (selection) => {
      const files = 'suites' in selection ? { 'a/a.suite.ts': PASSES } : {};
      expect(await run(files, selection)).toEqual({
        name: 'InfraError',
        message: 'suite failed: there is none',
      });
    },
  );

  it('is no success where a suite cannot be loaded, though another one passes', async () => {
    const files = { 'a/a.suite.ts': PASSES, 'b/b.suite.ts': "throw new Error('broken suite');" };
    expect(await run(files, {})).toMatchObject({
      name: 'InfraError',
      message: expect.stringMatching(/^suite failed: b\/b\.suite\.ts: .*broken suite/),
    });
  });

  it('is no success where an error comes from nowhere', async () => {
    const stray = `${PASSES}\n  Promise.reject(new Error('stray'));`;
    expect(await run({ 'a/a.suite.ts': stray }, {})).toMatchObject({ name: 'InfraError' });
  });

  it('keeps what broke of the harness apart from verdicts', async () => {
    const suite = `
      import { conformance } from '${CONFORMANCE}';
      conformance('CVM-MB-001', 'boots', ['nobody'], () => []);`;
    expect(await run({ 'a/a.suite.ts': suite }, {})).toMatchObject({
      findings: [
        {
          requirement: 'CVM-MB-001',
          machine: 'nobody',
          state: 'error',
          sentence: expect.stringContaining('no machine nobody'),
          evidence: 'dossiers/nobody/console.log',
          reproduce: 'npm run conformance -- --requirement CVM-MB-001',
        },
      ],
    });
  });

  it('keeps what is done on forks apart from dossiers', async () => {
    const suite = `
      import { onFork } from '${CONFORMANCE}';
      onFork('CVM-MB-001', 'forks', ['nobody'], async () => []);`;
    expect(await run({ 'a/a.suite.ts': suite }, {})).toMatchObject({
      findings: [
        {
          state: 'error',
          sentence: expect.stringContaining('no machine nobody'),
          evidence: 'forks/CVM-MB-001-nobody/console.log',
        },
      ],
    });
  });
});
