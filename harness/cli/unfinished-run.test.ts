import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cameInTime, poll } from '../host/deadline.ts';
import { Reaper } from '../host/reaper.ts';
import { UnfinishedRun } from './unfinished-run.ts';

let results: string;
let run: string;

beforeEach(async () => {
  results = (await dir({ prefix: 'cvm-test-' })).path;
  run = join(results, 'run');
});

afterEach(() => rm(results, { recursive: true }));

/** A run that leaves evidence, and ends. */
async function work({ signal }: AbortController, end: (run: UnfinishedRun) => Promise<void>) {
  await using reaper = Reaper.start();
  await using unfinished = await UnfinishedRun.begin(run, { reaper, signal });
  await mkdir(join(run, 'dossiers'));
  await writeFile(join(run, 'dossiers', 'console.log'), 'x');
  await end(unfinished);
}

const gone = (signal: AbortSignal) => poll(() => !existsSync(run) || undefined, 10, signal);

describe('the folder of a run', () => {
  it('stays once it has its result, interrupted or not', async () => {
    const controller = new AbortController();
    await work(controller, async (unfinished) => {
      await unfinished.finish();
      controller.abort();
    });
    expect(existsSync(join(run, 'dossiers', 'console.log'))).toBe(true);
  });

  it('goes where the run is interrupted before', async () => {
    const controller = new AbortController();
    await work(controller, async () => controller.abort());
    expect(existsSync(run)).toBe(false);
  });

  it('stays where a tool broke: what is in it may tell why', async () => {
    const broken = work(new AbortController(), () => Promise.reject(new Error('QEMU died')));
    await expect(broken).rejects.toThrow('QEMU died');
    expect(existsSync(join(run, 'dossiers', 'console.log'))).toBe(true);
  });

  it('goes where the process is killed', async () => {
    const reaper = Reaper.start();
    await UnfinishedRun.begin(run, { reaper, signal: new AbortController().signal });
    expect(existsSync(run)).toBe(true);
    await reaper[Symbol.asyncDispose](); // as it hears of a process that died
    expect(await cameInTime({ name: 'the folder goes', deadlineMs: 5_000 }, gone)).toBe(true);
  });
});
