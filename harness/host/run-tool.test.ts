import { describe, expect, it } from 'vitest';
import { InfraError, StageTimeout } from './errors.ts';
import { Reaper } from './reaper.ts';
import { runTool } from './run-tool.ts';
import { toolCommand } from './tools.ts';

const shell = (script: string) => toolCommand({ kind: 'host' }, 'sh', ['-c', script]);

describe('a tool', { timeout: 30_000 }, () => {
  it('gives its standard output, in a fixed locale and time zone', async () => {
    await using reaper = Reaper.start();
    const run = { reaper, deadlineMs: 5_000 };
    const output = await runTool(shell('echo hello; echo x >&2; echo "$LC_ALL $TZ"'), run);
    expect(output).toBe('hello\nC.UTF-8 UTC\n');
  });

  it('that fails says why', async () => {
    await using reaper = Reaper.start();
    const failing = runTool(shell('echo broken >&2; exit 2'), { reaper, deadlineMs: 5_000 });
    await expect(failing).rejects.toBeInstanceOf(InfraError);
    await expect(failing).rejects.toMatchObject({ exitCode: 2, lastLines: ['broken'] });
  });

  it('that hangs is ended', async () => {
    await using reaper = Reaper.start();
    const hanging = runTool(shell('echo begun; sleep 60'), { reaper, deadlineMs: 200 });
    await expect(hanging).rejects.toBeInstanceOf(StageTimeout);
    await expect(hanging).rejects.toMatchObject({ stage: 'sh', lastLines: ['begun'] });
  });

  it('that floods its output fails', async () => {
    await using reaper = Reaper.start();
    const flooding = runTool(shell('head -c 3000000 /dev/zero'), { reaper, deadlineMs: 5_000 });
    await expect(flooding).rejects.toThrow('wrote more than');
  });

  it('ends with the signal of its caller', async () => {
    await using reaper = Reaper.start();
    const controller = new AbortController();
    const run = { reaper, deadlineMs: 5_000, signal: controller.signal };
    const hanging = runTool(shell('sleep 60'), run);
    controller.abort(new Error('interrupted'));
    await expect(hanging).rejects.toThrow('interrupted');
  });
});
