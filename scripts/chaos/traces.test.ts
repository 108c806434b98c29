import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageOf, tracesOf } from './traces.ts';

let home: string;

beforeEach(async () => {
  home = (await dir({ prefix: 'cvm-test-' })).path;
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function leave(name: string, text = ''): Promise<void> {
  await mkdir(dirname(join(home, name)), { recursive: true });
  await writeFile(join(home, name), text);
}

describe('the traces of a harness', () => {
  it('are none where it has left none', async () => {
    await leave('logs/result.json', '{}');
    expect(tracesOf(home, 0)).toEqual([]);
    expect(await damageOf(home)).toEqual([]);
  });

  it('are processes that name its directory', async () => {
    const sleeping = execa('sleep', ['60'], { reject: false, env: { TMPDIR: home } });
    expect(tracesOf(home, 0)).toEqual([`process ${sleeping.pid}: sleep 60 `]);
    sleeping.kill('SIGKILL');
    await sleeping;
    expect(tracesOf(home, 0)).toEqual([]);
  });

  it('are files for the time being, and files that nobody finished', async () => {
    await leave('run/cvm-abc/qmp');
    await leave('cache/calibration.json.1.partial');
    await symlink('nowhere', join(home, 'run', 'dangling'));
    expect(tracesOf(home, 0).toSorted()).toEqual([
      'in the directory for temporary files: cvm-abc',
      'in the directory for temporary files: cvm-abc/qmp',
      'in the directory for temporary files: dangling',
      'unfinished: cache/calibration.json.1.partial',
    ]);
  });
});

describe('the damage that a harness has done', () => {
  it('is what it has kept and cannot be used', async () => {
    await leave('logs/result.json', '{');
    await leave('cache/snapshots/abc/state', 'x');
    expect(await damageOf(home)).toEqual([
      expect.stringMatching(/abc is damaged: its index cannot be read$/),
      `${join(home, 'logs', 'result.json')} is no JSON document`,
    ]);
  });
});
