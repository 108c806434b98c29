import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FakeGitHub } from '../harness/cli/testing/fake-github.ts';
import { judged, resultWith } from '../harness/report/testing/sample-result.ts';
import { usageProblem } from './testing/cvm-usage.ts';
import { commandsOf, cvmWords } from './testing/shell-words.ts';
import { workflowProblems } from './testing/workflow-problems.ts';

const ROOT = join(import.meta.dirname, '..');
const WORKFLOWS = join(ROOT, '.github', 'workflows');

type Step = {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
};

type Job = {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
};

type Workflow = {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
};

const files = (await readdir(WORKFLOWS)).toSorted();
const texts = new Map<string, string>();
for (const file of files) texts.set(file, await readFile(join(WORKFLOWS, file), 'utf8'));

const workflow = (file: string) => parse(texts.get(file) ?? '') as Workflow;
const jobs = files.flatMap((file) =>
  Object.entries(workflow(file).jobs).map(([name, job]) => ({ name: `${file} ${name}`, job })),
);
const runs = jobs.flatMap(({ name, job }) =>
  job.steps.flatMap(({ run }) => (run === undefined ? [] : [{ name, run }])),
);

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
    expect(files).toEqual(['nightly.yml', 'pull-request.yml']);
  });

  it.each([...texts])('%s is a workflow, as GitHub reads it', async (name, content) => {
    expect(await workflowProblems(name, content)).toEqual([]);
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

  it.each(files)('%s allows nothing by itself', (file) => {
    expect(workflow(file).permissions).toEqual({});
  });

  it.each(jobs)('$name has limits, and the rights that it needs', ({ name, job }) => {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    const issues = name === 'nightly.yml report' ? { issues: 'write' } : {};
    expect(job.permissions).toEqual({ contents: 'read', ...issues });
  });

  it.each(jobs)('$name takes actions by their commits, and leaves no token behind', ({ job }) => {
    for (const { uses, with: inputs } of job.steps) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^actions\/[a-z-]+(?:\/[a-z]+)?@[0-9a-f]{40}$/);
      if (uses.startsWith('actions/checkout@')) {
        expect(inputs?.['persist-credentials']).toBe(false);
      }
    }
  });

  it.each([...texts])('%s says which release each action is', (_, text) => {
    for (const line of text.split('\n').filter((one) => one.includes('uses:'))) {
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('know one set-up from another in the same way', () => {
    const keys = [...texts.values()].flatMap((text) => text.match(/key: set-up-.*/g) ?? []);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  it.each(runs)('$name puts nothing into a script that is not of the script', ({ run }) => {
    expect(run).not.toContain('${{');
  });

  it.each(runs)('$name calls cvm as it can be called', async ({ run }) => {
    for (const words of commandsOf(withValues(run))) {
      const called = cvmWords(words);
      if (called !== undefined)
        expect([called, await usageProblem(called)]).toEqual([called, undefined]);
    }
  });
});

describe('the steps of the workflows', { timeout: 60_000 }, () => {
  let folder: string;
  const ran = new Set<string>();
  const at = (...names: readonly string[]) => join(folder, ...names);

  beforeAll(async () => {
    folder = (await dir({ prefix: 'cvm-test-' })).path;
    for (const name of ['scripts', 'harness', 'suites', 'node_modules', 'package.json']) {
      await symlink(join(ROOT, name), at(name));
    }
    await mkdir(at('bin'));
    await writeFile(at('bin', 'sudo'), SUDO);
    await chmod(at('bin', 'sudo'), 0o755);
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Runs a step as a runner does: bash with -e, in the checkout. */
  async function step(
    file: string,
    job: string,
    name: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    const found = workflow(file).jobs[job]?.steps.find((one) => one.name === name);
    if (found?.run === undefined) throw new TypeError(`${file} ${job} has no step ${name}`);
    ran.add(`${file} ${job}: ${name}`);
    await writeFile(at('output'), '');
    await writeFile(at('summary'), '');
    const done = await execa('bash', ['-e', '-o', 'pipefail', '-c', found.run], {
      cwd: folder,
      reject: false,
      env: {
        PATH: `${at('bin')}:${process.env['PATH']}`,
        USER: String(process.getuid?.()),
        GITHUB_OUTPUT: at('output'),
        GITHUB_STEP_SUMMARY: at('summary'),
        ...environment,
      },
    });
    return { exitCode: done.exitCode, stderr: done.stderr, stdout: done.stdout };
  }

  /** A part of a run, as a shard's job uploads it. */
  async function part(index: number, state: 'pass' | 'fail') {
    const result = resultWith([judged('CVM-XX-102', 'MUST', state)]);
    const shard = { index, total: 3, plan: 'ab'.repeat(32) };
    const run = at('parts', `part-emulated-${index}`, `run-${index}`);
    await mkdir(run, { recursive: true });
    const about = { ...result.run, id: `run-${index}`, shard };
    await writeFile(join(run, 'result.json'), JSON.stringify({ ...result, run: about }));
  }

  it('join the parts, show them, tell the tracker, and say whether it conforms', async () => {
    await part(1, 'pass');
    await part(2, 'fail');
    await part(3, 'pass');
    const report = (name: string, environment = {}) =>
      step('nightly.yml', 'report', name, environment);
    expect(await report('Join the parts')).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('output'), 'utf8')).toBe('code=1\n');
    expect(await report('Show what came of it')).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('summary'), 'utf8')).toContain('CVM-XX-102');
    await using gitHub = await FakeGitHub.start();
    const told = await report('Tell the tracker', gitHub.environment);
    expect(told).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^opened #1: CVM-XX-102 fail/),
    });
    expect(await report('Keep one copy of the joined run')).toMatchObject({ exitCode: 0 });
    expect(await readdir(at('run'))).toContain('result.json');
    expect(await report('Say whether it conforms', { CODE: '1' })).toMatchObject({ exitCode: 1 });
    expect(await report('Say whether it conforms', { CODE: '0' })).toMatchObject({ exitCode: 0 });
  });

  it('fail where a part is missing', async () => {
    await rm(at('parts', 'part-emulated-3'), { recursive: true });
    const { exitCode, stderr } = await step('nightly.yml', 'report', 'Join the parts');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('part 3 of 3 is missing')]);
    expect(await readFile(at('output'), 'utf8')).toBe('code=2\n');
  });

  it('open /dev/kvm to everybody by a rule of udev', async () => {
    const said = at('said');
    const { exitCode } = await step('nightly.yml', 'conformance', 'Open /dev/kvm', { SAY: said });
    expect(exitCode).toBe(0);
    expect(await readFile(said, 'utf8')).toBe(
      [
        'tee /etc/udev/rules.d/99-kvm.rules',
        'KERNEL=="kvm", GROUP="kvm", MODE="0666", OPTIONS+="static_node=kvm"',
        'udevadm control --reload-rules',
        'udevadm trigger --name-match=kvm',
        '',
      ].join('\n'),
    );
  });

  it.each(['conformance', 'image'])('%s keeps what was set up, and has it back', async (job) => {
    await mkdir(at('.cache'), { recursive: true });
    await writeFile(at('.cache', 'toolbox'), job);
    const done = { exitCode: 0 };
    expect(await step('nightly.yml', job, 'Pack them for the next night')).toMatchObject(done);
    await rm(at('.cache'), { recursive: true });
    expect(await step('nightly.yml', job, 'Unpack them')).toMatchObject(done);
    expect(await readFile(at('.cache', 'toolbox'), 'utf8')).toBe(job);
    await rm(at('.cache'), { recursive: true });
    expect(await step('pull-request.yml', 'quick', 'Unpack them')).toMatchObject(done);
  });

  it.each([
    ['nightly.yml', 'image'],
    ['pull-request.yml', 'quick'],
  ])('%s %s shows and keeps its run', async (file, job) => {
    await rm(at('results'), { recursive: true, force: true });
    await rm(at('run'), { recursive: true, force: true });
    await mkdir(at('results', 'a-run'), { recursive: true });
    await writeFile(at('results', 'a-run', 'summary.md'), '# told');
    await symlink('a-run', at('results', 'latest'));
    expect(await step(file, job, 'Show what came of it')).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('summary'), 'utf8')).toBe('# told');
    expect(await step(file, job, 'Keep one copy of the run')).toMatchObject({ exitCode: 0 });
    expect(await readdir(at('run'))).toEqual(['summary.md']);
  });

  const BOOT = { FIRMWARE: '2025.02', IMAGE: 'uki-verity', ACCEL: 'tcg', CODE: '0' };

  it.each([
    [
      'nightly.yml',
      'conformance',
      'Set up what is missing',
      'scripts/setup\nscripts/cvm image build',
    ],
    ['nightly.yml', 'conformance', 'Say what this host can do', 'scripts/cvm doctor'],
    ['nightly.yml', 'image', 'Open /dev/kvm', 'udevadm trigger --name-match=kvm'],
    ['nightly.yml', 'image', 'Set up what is missing', 'scripts/setup\nscripts/cvm image build'],
    ['nightly.yml', 'image', 'Say what this host can do', 'scripts/cvm doctor'],
    [
      'nightly.yml',
      'image',
      'Judge one boot',
      'scripts/cvm conformance --image uki-verity --firmware 2025.02 --accel tcg',
    ],
    ['nightly.yml', 'sev-snp', 'Say what this host can do', 'scripts/cvm doctor'],
    ['nightly.yml', 'sev-snp', 'Run the suites', '--profile sev-snp --accel kvm --shard 1/1'],
    ['pull-request.yml', 'quick', 'Run the quick selection', 'conformance --quick --accel tcg'],
  ])('%s %s: %s', async (file, job, name, told) => {
    await writeFile(at('said'), '');
    expect(await step(file, job, name, { SAY: at('said'), ...BOOT })).toMatchObject({
      exitCode: 0,
    });
    expect(await readFile(at('said'), 'utf8')).toContain(told);
  });

  it.each([
    [0, 0],
    [1, 0],
    [4, 1],
  ])('take a run that ends with %i for a step that ends with %i', async (code, expected) => {
    await mkdir(at('results', 'parts', 'a-run'), { recursive: true });
    await writeFile(at('results', 'parts', 'latest'), '');
    const environment = { SAY: at('said'), CODE: String(code) };
    const { exitCode } = await step('nightly.yml', 'conformance', 'Run the suites', environment);
    expect(exitCode).toBe(expected);
  });

  it('are all done here, but for those without a name, which .ci/run or a registry does', () => {
    const named = files.flatMap((file) =>
      Object.entries(workflow(file).jobs).flatMap(([job, { steps }]) =>
        steps.flatMap(({ name, run }) =>
          run === undefined ? [] : [{ name, run, at: `${file} ${job}` }],
        ),
      ),
    );
    const unnamed = named.filter(({ name }) => name === undefined).map(({ run }) => run);
    expect(unnamed).toEqual([
      'scripts/run lint',
      'scripts/run types',
      'scripts/run unit',
      'npm audit --omit=dev',
    ]);
    const all = named.flatMap(({ name, at }) => (name === undefined ? [] : [`${at}: ${name}`]));
    expect(all.filter((one) => !ran.has(one))).toEqual([]);
  });
});

/** Does what it is told as this user; with SAY it only says what it was told, and on what input. */
const SUDO = `#!/bin/sh
[ -n "$SAY" ] || exec "$@"
echo "$*" >>"$SAY"
[ "$1" != tee ] || cat >>"$SAY"
[ "$1" != scripts/cvm ] || exit "$CODE"
exit 0
`;
