import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { UsageError } from '../host/errors.ts';
import type { State } from '../judge/finding.ts';
import { finding, judged, resultWith } from '../report/testing/sample-result.ts';
import { diffReport } from './results-diff.ts';
import { renderDiff } from './results-diff-text.ts';
import { makeRun } from './testing/made-run.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const LONG_BOOT = [{ stage: 'ssh', atMs: 20_000 }];

let folder: string;
const at = (...names: readonly string[]) => join(folder, ...names);
const EVIDENCE = 'dossiers/uki/pcrread.txt';
const run = (name: string, state: State, commandLine = 'ro', evidence = EVIDENCE) => {
  const findings = [finding({ state, evidence })];
  const requirement = { ...judged('CVM-XX-001', 'MUST', state), findings };
  return makeRun(at(name), resultWith([requirement]), { uki: commandLine });
};

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
});

afterEach(() => rm(folder, { recursive: true }));

async function cvm(...words: readonly string[]) {
  return await execa(process.execPath, [MAIN, 'results', 'diff', ...words], { reject: false });
}

describe('the difference of two runs', () => {
  it('tells which requirement regressed, and which event changed', async () => {
    const [a, b] = [await run('a', 'pass'), await run('b', 'fail', 'ro quiet')];
    const diff = await diffReport(a, join(b, 'result.json'));
    expect(diff).toMatchObject({
      environment: [],
      regressed: [{ id: 'CVM-XX-001', a: 'pass', b: 'fail' }],
      improved: [],
      events: [{ machine: 'uki', pcr: 9, index: 0 }],
      explanations: [{ machine: 'uki', pcr: 9 }],
      unseen: [],
    });
    expect(renderDiff(diff)).toBe(
      [
        'REGRESSED',
        '  CVM-XX-001 MUST: pass → fail: PCR 11 has the predicted value',
        'events',
        '  uki, PCR 9: the command line has an extra word: quiet (input: command line)',
        '',
      ].join('\n'),
    );
  });

  it('is 0 where nothing regressed and 1 where something did', async () => {
    const [a, b] = [await run('a', 'fail'), await run('b', 'pass')];
    const better = await cvm(a, b, '--json');
    expect(better.exitCode).toBe(0);
    expect(JSON.parse(better.stdout)).toMatchObject({ improved: [{ id: 'CVM-XX-001' }] });
    expect((await cvm(b, a)).exitCode).toBe(1);
    expect(await cvm(a, a)).toMatchObject({ exitCode: 0, stdout: 'nothing differs' });
  });

  it('says that it cannot tell of events without dossiers', async () => {
    const a = await run('a', 'pass');
    await writeFile(at('baseline.json'), JSON.stringify(resultWith([])));
    const diff = await diffReport(at('baseline.json'), a);
    expect(diff.events).toEqual([]);
    expect(diff.unseen).toEqual([
      expect.stringMatching(/^there are no dossiers beside .*baseline/),
    ]);
  });

  it('tells of stages that take much longer', async () => {
    const result = resultWith([]);
    for (const [name, ms] of Object.entries({ a: 20_000, b: 30_000, c: 20_500 })) {
      const boots = result.boots.map((boot) => ({
        ...boot,
        stages: LONG_BOOT.map((one) => ({ ...one, atMs: ms })),
      }));
      await writeFile(at(name), JSON.stringify({ ...result, boots }));
    }
    const text = async (b: string) => renderDiff(await diffReport(at('a'), at(b)));
    expect(await text('b')).toContain('timings\n  uki-verity, ssh: 20.0 s → 30.0 s\n');
    expect(await text('c')).not.toContain('timings');
  });

  it('is refused for a run that lacks some of the evidence that its findings name', async () => {
    const evidence = 'firmware/shim/extends.json';
    const [a, b] = [await run('a', 'pass'), await run('b', 'pass', 'ro', evidence)];
    const { exitCode, stderr } = await cvm(a, b);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`cvm: ${b}: evidence is missing: ${evidence}`);
    const broken = await run('c', 'error', 'ro', evidence);
    expect(await diffReport(a, broken)).toMatchObject({ regressed: [{ b: 'error' }] });
  });

  it('is refused for what is no whole run', async () => {
    const [a, b] = [await run('a', 'pass'), await run('b', 'pass')];
    await writeFile(at('newer.json'), JSON.stringify({ ...resultWith([]), schemaVersion: 2 }));
    await writeFile(at('cut.json'), '{"schemaVersion":1,');
    for (const broken of ['newer.json', 'cut.json']) {
      await expect(diffReport(at(broken), a)).rejects.toThrow(FormatError);
    }
    await expect(diffReport(at('nowhere'), a)).rejects.toThrow(UsageError);
    await writeFile(join(b, 'dossiers', 'uki', 'pcrread.txt'), 'cut');
    await expect(diffReport(a, b)).rejects.toThrow(FormatError);
    await rm(join(b, 'dossiers', 'uki'), { recursive: true });
    await expect(diffReport(a, b)).rejects.toThrow(UsageError);
    const { exitCode, stderr } = await cvm(a, at('newer.json'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^cvm: .*newer\.json: at 0x[0-9a-f]+: expected .*schema.*, found .*$/);
  });
});
