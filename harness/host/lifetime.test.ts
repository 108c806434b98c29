import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { livingGroup, processEntry, processesWith } from './process-table.ts';

/** How long the reaper may take; it needs some 20 ms. */
const REAPED_MS = 5_000;

const Report = z.object({ directory: z.string(), group: z.number(), mark: z.string() });

/** A harness of its own: makes a directory, starts a child with a descendant, and goes on. */
function startHarness(then: string) {
  const script = `
    const { Child } = await import('${new URL('child.ts', import.meta.url).href}');
    const { Interrupt } = await import('${new URL('interrupt.ts', import.meta.url).href}');
    const { Reaper } = await import('${new URL('reaper.ts', import.meta.url).href}');
    const { RunDirectory } = await import('${new URL('run-directory.ts', import.meta.url).href}');
    const { toolCommand } = await import('${new URL('tools.ts', import.meta.url).href}');
    using interrupt = new Interrupt();
    try {
      await using reaper = Reaper.start();
      await using directory = await RunDirectory.create(reaper);
      const script = "trap '' TERM HUP; sleep 60 & sleep 60; sleep 60";
      await using child = await Child.start(toolCommand({ kind: 'host' }, 'sh', ['-c', script]), reaper);
      const mark = Object.entries(reaper.environment)[0].join('=');
      console.log(JSON.stringify({ directory: directory.path, group: child.pid, mark }));
      ${then}
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.exitCode = 130;
    }`;
  const args = ['--input-type=module-typescript', '--eval', script];
  return execa(process.execPath, args, { reject: false, buffer: false, stderr: 'inherit' });
}

/** Goes on until it is interrupted. */
const WAIT = `
  const { waitFor } = await import('${new URL('deadline.ts', import.meta.url).href}');
  const wait = { name: 'interrupt', deadlineMs: 60_000, signal: interrupt.signal };
  await waitFor(wait, () => new Promise(() => undefined));`;

async function reportOf(harness: ReturnType<typeof startHarness>): Promise<z.infer<typeof Report>> {
  const [line] = await once(harness.stdout, 'data');
  return Report.parse(JSON.parse(String(line)));
}

async function expectNothingLeft({ directory, group, mark }: z.infer<typeof Report>) {
  await expect.poll(() => livingGroup(group), { timeout: REAPED_MS }).toEqual([]);
  await expect.poll(() => existsSync(directory), { timeout: REAPED_MS }).toBe(false);
  expect(processesWith(mark)).toEqual([]);
}

describe('what a harness has started', { timeout: 30_000 }, () => {
  it('is gone after its normal end', async () => {
    const harness = startHarness('');
    const report = await reportOf(harness);
    expect(await harness).toMatchObject({ exitCode: 0 });
    expect(existsSync(report.directory)).toBe(false);
    expect(livingGroup(report.group)).toEqual([]);
  });

  it('is gone after SIGKILL', async () => {
    const harness = startHarness(WAIT);
    const report = await reportOf(harness);
    harness.kill('SIGKILL');
    expect(await harness).toMatchObject({ signal: 'SIGKILL' });
    await expectNothingLeft(report);
  });

  it('is gone after SIGKILL even where the reaper was never told of it', async () => {
    const unregistered = `
      const { spawn } = await import('node:child_process');
      const env = { ...process.env, ...reaper.environment };
      spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env });
      ${WAIT}`;
    const harness = startHarness(unregistered);
    const report = await reportOf(harness);
    await expect.poll(() => processesWith(report.mark).length).toBeGreaterThan(3);
    harness.kill('SIGKILL');
    await harness;
    await expect.poll(() => processesWith(report.mark), { timeout: REAPED_MS }).toEqual([]);
    await expectNothingLeft(report);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is gone after %s, and the harness ends with 130',
    async (signal) => {
      const harness = startHarness(WAIT);
      const report = await reportOf(harness);
      harness.kill(signal);
      expect(await harness).toMatchObject({ exitCode: 130 });
      expect(existsSync(report.directory)).toBe(false);
      expect(livingGroup(report.group)).toEqual([]);
    },
  );

  it('is gone after a second signal, which does not wait for the clean-up', async () => {
    const harness = startHarness(WAIT);
    const report = await reportOf(harness);
    const startedAt = performance.now();
    harness.kill('SIGINT');
    // The child ignores SIGTERM, so that the clean-up is under way for two seconds.
    const again = { interval: 50, timeout: 1_500 };
    await expect.poll(() => harness.kill('SIGTERM'), again).toBe(false);
    expect(await harness).toMatchObject({ exitCode: 130 });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await expectNothingLeft(report);
  });

  it('is left alone where another process has its number by now', async () => {
    const other = execa('sleep', ['60'], { detached: true, reject: false });
    const pid = other.pid ?? 0;
    const harness = startHarness(`
      const target = { kind: 'group', pid: ${pid}, startTime: 1 };
      await reaper.watch(target);
      ${WAIT}`);
    const report = await reportOf(harness);
    harness.kill('SIGKILL');
    await harness;
    await expectNothingLeft(report);
    expect(processEntry(pid)).toMatchObject({ pid });
    other.kill('SIGKILL');
    await other;
  });
});
