import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EnvironmentError } from './errors.ts';
import { Reaper } from './reaper.ts';
import { RunDirectory } from './run-directory.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a run directory', () => {
  it('is for its user alone, and goes with all that is in it', async () => {
    await using reaper = Reaper.start();
    const directory = await RunDirectory.create(reaper);
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    writeFileSync(directory.file('x'), 'x');
    await directory[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
    expect(existsSync(directory.path)).toBe(false);
  });

  it('has a name that leaves room for sockets', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    expect(directory.path.length).toBeLessThanOrEqual(tmpdir().length + 11);
    expect(directory.socket('qmp')).toBe(`${directory.path}/qmp`);
    const longest = 107 - directory.path.length - 1;
    expect(directory.socket('x'.repeat(longest))).toHaveLength(107);
    expect(() => directory.socket('x'.repeat(longest + 1))).toThrow(EnvironmentError);
    expect(() => directory.socket('x'.repeat(longest + 1))).toThrow('TMPDIR');
  });

  it('is not made where swtpm could not be told of it', async () => {
    await using reaper = Reaper.start();
    await using outer = await RunDirectory.create(reaper);
    mkdirSync(outer.file('with,comma'));
    vi.stubEnv('TMPDIR', outer.file('with,comma'));
    await expect(RunDirectory.create(reaper)).rejects.toBeInstanceOf(EnvironmentError);
    expect(readdirSync(outer.file('with,comma'))).toEqual([]);
  });

  it('needs a place that is there', async () => {
    await using reaper = Reaper.start();
    vi.stubEnv('TMPDIR', '/no/such/directory');
    await expect(RunDirectory.create(reaper)).rejects.toBeInstanceOf(EnvironmentError);
  });
});
