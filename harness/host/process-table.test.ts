import { copyFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { livingGroup, processEntry, processesWith } from './process-table.ts';
import { Reaper } from './reaper.ts';
import { RunDirectory } from './run-directory.ts';

describe('the process table', () => {
  it('shows this process', () => {
    const entry = processEntry(process.pid);
    expect(entry).toMatchObject({ pid: process.pid });
    expect(entry?.startTime).toBeGreaterThan(0);
  });

  it('shows nothing where there is no process', () => {
    // Beyond the largest pid that Linux gives (PID_MAX_LIMIT).
    expect(processEntry(2 ** 22 + 1)).toBeUndefined();
  });

  it('reads a process whose name looks like more fields', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    const program = directory.file('a) Z (b 1 2');
    await copyFile('/bin/sleep', program);
    const child = execa(program, ['60'], {
      reject: false,
      detached: true,
      env: { CVM_TEST: 'x1' },
    });
    const pid = child.pid ?? 0;
    expect(processEntry(pid)).toMatchObject({ pid, group: pid });
    expect(livingGroup(pid).map((entry) => entry.pid)).toEqual([pid]);
    await expect.poll(() => processesWith('CVM_TEST=x1')).toEqual([pid]);
    child.kill('SIGKILL');
    await child;
    expect(livingGroup(pid)).toEqual([]);
    expect(processesWith('CVM_TEST=x1')).toEqual([]);
  });
});
