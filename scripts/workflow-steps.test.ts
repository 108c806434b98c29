import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeGitHub } from '../harness/cli/testing/fake-github.ts';
import { judged, resultWith } from '../harness/report/testing/sample-result.ts';
import { WorkflowCheckout } from './testing/workflow-checkout.ts';
import { readWorkflows, scriptsOf } from './testing/workflows.ts';

const workflows = await readWorkflows();

describe('the steps of the workflows', { timeout: 60_000 }, () => {
  let checkout: WorkflowCheckout;
  const at = (...names: readonly string[]) => checkout.at(...names);

  beforeAll(async () => {
    checkout = await WorkflowCheckout.make(workflows);
  });

  afterAll(() => checkout[Symbol.asyncDispose]());

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
      checkout.step('nightly.yml', 'report', name, environment);
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
    const { exitCode, stderr } = await checkout.step('nightly.yml', 'report', 'Join the parts');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('part 3 of 3 is missing')]);
    expect(await readFile(at('output'), 'utf8')).toBe('code=2\n');
  });

  it('open /dev/kvm to everybody by a rule of udev', async () => {
    const said = at('said');
    const { exitCode } = await checkout.step('nightly.yml', 'conformance', 'Open /dev/kvm', {
      SAY: said,
    });
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
    expect(await checkout.step('nightly.yml', job, 'Pack them for the next night')).toMatchObject(
      done,
    );
    await rm(at('.cache'), { recursive: true });
    expect(await checkout.step('nightly.yml', job, 'Unpack them')).toMatchObject(done);
    expect(await readFile(at('.cache', 'toolbox'), 'utf8')).toBe(job);
    await rm(at('.cache'), { recursive: true });
    expect(await checkout.step('pull-request.yml', 'quick', 'Unpack them')).toMatchObject(done);
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
    expect(await checkout.step(file, job, 'Show what came of it')).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('summary'), 'utf8')).toBe('# told');
    expect(await checkout.step(file, job, 'Keep one copy of the run')).toMatchObject({
      exitCode: 0,
    });
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
    expect(await checkout.step(file, job, name, { SAY: at('said'), ...BOOT })).toMatchObject({
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
    const { exitCode } = await checkout.step(
      'nightly.yml',
      'conformance',
      'Run the suites',
      environment,
    );
    expect(exitCode).toBe(expected);
  });

  it('are all done here, but for those without a name, which .ci/run or a registry does', () => {
    const scripts = scriptsOf(workflows);
    const unnamed = scripts.filter(({ step }) => step === undefined).map(({ run }) => run);
    expect(unnamed).toEqual([
      'scripts/run lint',
      'scripts/run types',
      'scripts/run unit',
      'npm audit --omit=dev',
    ]);
    const named = scripts.flatMap(({ name, step }) => (step ? [`${name}: ${step}`] : []));
    expect(named.filter((one) => !checkout.ran.has(one))).toEqual([]);
  });
});
