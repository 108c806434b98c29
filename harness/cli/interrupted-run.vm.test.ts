import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cameInTime, poll } from '../host/deadline.ts';
import { needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { readResult } from './result-file.ts';
import { WORKSPACE } from './workspace.ts';

/** What is judged in a second, and what needs a boot. */
const QUICK = 'CVM-LM-001';
const BOOTED = 'CVM-MB-001';

/** Whoever is interrupted puts out what burns, and that is all. */
const ENDED_MS = 30_000;

/** Starting, and the first stages of a boot, on a machine that is busy. */
const BEGUN_MS = 180_000;

const title = needsToolbox('a run that is interrupted');

describe.skipIf(testToolbox === undefined)(title, () => {
  let home: string;
  let temporary: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'cvm-int-'));
    temporary = join(home, 'tmp');
    mkdirSync(temporary);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('keeps what was judged by then, says that it is not whole, and is not the latest', async () => {
    const run = start(QUICK, BOOTED);
    expect(await run.hasSaid(`pass  ${QUICK}`, 'uki: firmware')).toBe(true);
    run.process.kill('SIGINT'); // twice, as npm hands it on
    expect(await run.interrupt()).toMatchObject({ exitCode: 130, stdout: '' });
    const [folder = '', ...others] = readdirSync(run.results);
    expect(others).toEqual([]);
    const result = await readResult(join(run.results, folder));
    expect(result.run.interrupted).toBe(true);
    expect(result.claim).toBe('No claim: only what came before an interruption was run.');
    expect(result.boots).toEqual([]);
    const states = new Map(result.requirements.map(({ id, state }) => [id, state]));
    expect([states.get(QUICK), states.get(BOOTED)]).toEqual(['pass', 'not-tested']);
    expect(run.said()).toContain(`what was judged until then is in ${join(run.results, folder)}`);
    expectNothingLeft();
  });

  it('leaves no folder where nothing was judged by then', async () => {
    const run = start(BOOTED);
    expect(await run.hasSaid('uki: firmware')).toBe(true);
    expect(await run.interrupt()).toMatchObject({ exitCode: 130, stdout: '' });
    expect(readdirSync(run.results)).toEqual([]);
    expectNothingLeft();
  });

  function start(...requirements: readonly string[]) {
    const results = join(home, 'results');
    const cvm = join(WORKSPACE.root, 'harness', 'cli', 'main.ts');
    const chosen = requirements.flatMap((id) => ['--requirement', id]);
    const options = ['--accel', 'tcg', '--jobs', '2', '--results', results];
    const process = execa(
      globalThis.process.execPath,
      [cvm, 'conformance', ...chosen, ...options],
      { reject: false, env: { TMPDIR: temporary } },
    );
    let stderr = '';
    process.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const said = () => stderr;
    const hasSaid = (...words: readonly string[]) =>
      once(() => words.every((word) => stderr.includes(word)), BEGUN_MS);
    const interrupt = async () => {
      process.kill('SIGINT');
      const wait = { name: 'end of the run', deadlineMs: ENDED_MS };
      expect(await cameInTime(wait, () => process)).toBe(true);
      return await process;
    };
    return { process, results, said, hasSaid, interrupt };
  }

  function expectNothingLeft(): void {
    expect(processesOf(temporary)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  }
});

/** The processes whose command line or environment names a directory: ids. */
function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const [argv = '', environment = ''] = ['cmdline', 'environ'].map((file) =>
        readFileSync(join('/proc', pid, file), 'latin1'),
      );
      return argv !== '' && (argv + environment).includes(directory);
    } catch {
      return false; // no process, or one that has just ended
    }
  });
}

/** @returns whether it came true in time */
async function once(isTrue: () => boolean, deadlineMs = ENDED_MS): Promise<boolean> {
  const wait = { name: 'what a run does', deadlineMs };
  return await cameInTime(wait, (signal) => poll(() => isTrue() || undefined, 10, signal));
}
