import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { TimedLog } from './timed-log.ts';

describe('a timed log', () => {
  it('has the seconds in front of each line, at once', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    let now = 0;
    using log = new TimedLog(directory.file('x'), () => now);
    log.write('first');
    now = 12_345.6;
    log.write('second');
    expect(readFileSync(directory.file('x'), 'utf8')).toBe('    0.000 first\n   12.346 second\n');
  });

  it('does not fill the disk, and says so', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    using log = new TimedLog(directory.file('x'), () => 0);
    const line = 'x'.repeat(1 << 20);
    for (let count = 0; count < 100; count += 1) log.write(line);
    expect(statSync(directory.file('x')).size).toBeLessThanOrEqual(64 << 20);
    const end = readFileSync(directory.file('x')).subarray(-40).toString();
    expect(end).toMatch(/x\n\[the rest is left out\]\n$/);
  });

  it('takes nothing more once it is closed', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    const log = new TimedLog(directory.file('x'), () => 0);
    log[Symbol.dispose]();
    log[Symbol.dispose]();
    log.write('late');
    expect(statSync(directory.file('x')).size).toBe(0);
  });
});
