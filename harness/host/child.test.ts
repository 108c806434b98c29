import { describe, expect, it } from 'vitest';
import { Child } from './child.ts';
import { EnvironmentError, InfraError } from './errors.ts';
import { livingGroup } from './process-table.ts';
import { Reaper } from './reaper.ts';
import { toolCommand } from './tools.ts';

const host = { kind: 'host' } as const;
const shell = (script: string) => toolCommand(host, 'sh', ['-c', script]);

describe('a child', { timeout: 30_000 }, () => {
  it('ends as a value, with its last lines', async () => {
    await using reaper = Reaper.start();
    await using child = await Child.start(shell('echo out; echo err >&2; exit 3'), reaper);
    const exit = await child.exit;
    expect(exit).toEqual({ exitCode: 3, signal: null });
    expect([...child.lastLines].sort()).toEqual(['err', 'out']);
    const failure = child.failure(exit);
    expect(failure).toBeInstanceOf(InfraError);
    const { argv } = child.command;
    expect(failure).toMatchObject({ tool: 'sh', problem: 'exited with code 3', exitCode: 3, argv });
  });

  it('says which signal ended it', async () => {
    await using reaper = Reaper.start();
    await using child = await Child.start(shell('kill -SEGV $$'), reaper);
    await expect(child.exit).resolves.toEqual({ exitCode: null, signal: 'SIGSEGV' });
  });

  it('says so too where a wrapper turns the signal into an exit code', async () => {
    await using reaper = Reaper.start();
    const command = { ...shell('exit 134'), signalAsExitCode: true };
    await using child = await Child.start(command, reaper);
    await expect(child.exit).resolves.toEqual({ exitCode: null, signal: 'SIGABRT' });
  });

  it('leads a group of its own that ends with it, even one that ignores SIGTERM', async () => {
    await using reaper = Reaper.start();
    const stubborn = `trap '' TERM; sh -c 'sleep 60' & echo ready; sleep 60; sleep 60`;
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    await using child = await Child.start(shell(stubborn), reaper, () => resolve());
    await ready;
    await child.end();
    await expect(child.exit).resolves.toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(livingGroup(child.pid)).toEqual([]);
  });

  it('leaves no descendant where it ended first itself', async () => {
    await using reaper = Reaper.start();
    await using child = await Child.start(shell('sleep 60 & exit 0'), reaper);
    await expect(child.exit).resolves.toEqual({ exitCode: 0, signal: null });
    expect(livingGroup(child.pid)).toHaveLength(1);
    await child.end();
    expect(livingGroup(child.pid)).toEqual([]);
  });

  it('may be ended more than once', async () => {
    await using reaper = Reaper.start();
    await using child = await Child.start(shell('exit 0'), reaper);
    await child.end();
    await child.end();
  });

  it('keeps the end of an endless output', async () => {
    await using reaper = Reaper.start();
    await using child = await Child.start(shell('seq 200000; echo last'), reaper);
    await child.exit;
    expect(child.lastLines.length).toBeLessThanOrEqual(100);
    expect(child.lastLines.at(-1)).toBe('last');
  });

  it('that is not there is something that the host lacks', async () => {
    await using reaper = Reaper.start();
    const start = Child.start(toolCommand(host, 'no-such-tool', []), reaper);
    await expect(start).rejects.toBeInstanceOf(EnvironmentError);
    await expect(start).rejects.toThrow('no-such-tool is not on this host');
  });

  it('names bubblewrap where that is what is not there', async () => {
    await using reaper = Reaper.start();
    const command = { ...shell('exit 0'), argv: ['no-such-bwrap', 'sh'] as const };
    await expect(Child.start(command, reaper)).rejects.toThrow('apt install bubblewrap');
  });
});
