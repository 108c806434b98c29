import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownDurations } from './known-durations.ts';

let results: string;

beforeEach(async () => {
  results = (await dir({ prefix: 'cvm-test-' })).path;
});
afterEach(() => rm(results, { recursive: true }));

async function run(name: string, text: string): Promise<void> {
  await mkdir(join(results, name));
  await writeFile(join(results, name, 'result.json'), text);
}

function result(seconds: number, name = 'uki', state = 'pass', more = {}): string {
  return JSON.stringify({ run: { ...more }, boots: [{ name, seconds, state }] });
}

describe('the durations of boots', () => {
  it('are those of the newest run that booted a machine', async () => {
    await run('20260101T000000Z-aaaa', result(10));
    await run('20260102T000000Z-aaaa', result(20));
    await run('20260103T000000Z-aaaa', result(30, 'shim'));
    expect(await knownDurations(results)).toEqual({ uki: 20, shim: 30 });
  });

  it('are of boots that came up, and of whole runs', async () => {
    await run('20260101T000000Z-aaaa', result(10));
    await run('20260102T000000Z-aaaa', result(90, 'uki', 'fail'));
    await run('20260103T000000Z-aaaa', result(20, 'uki', 'pass', { shard: {} }));
    expect(await knownDurations(results)).toEqual({ uki: 10 });
  });

  it('are none where there is no run, or none that can be read', async () => {
    expect(await knownDurations(join(results, 'nowhere'))).toEqual({});
    await run('20260101T000000Z-aaaa', '{"boots":');
    expect(await knownDurations(results)).toEqual({});
  });
});
