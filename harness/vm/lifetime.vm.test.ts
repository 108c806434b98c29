import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';

/** How long a killed harness's reaper may take. */
const REAPED_MS = 10_000;

/** A harness of its own, whose run directories are all in one place. */
class Harness {
  readonly process: ReturnType<typeof startHarness>;
  /** Holds the run directories, whose names stand in the arguments of all that runs in them. */
  readonly home: string;

  constructor({ machine, context }: Bench) {
    const { tools, logs, cache } = context;
    this.home = `${cache}/home`;
    mkdirSync(this.home);
    this.process = startHarness({ machine, tools, logs, cache }, this.home);
  }

  /** Waits until it says something. */
  async says(word: string): Promise<void> {
    for await (const chunk of this.process.stdout.iterator({ destroyOnReturn: false })) {
      if (String(chunk).includes(word)) return;
    }
    throw new Error(`the harness ended and never said ${word}`);
  }

  /** What is left of it. */
  get traces(): readonly string[] {
    return [
      ...readdirSync(this.home),
      ...commandLines().filter((line) => line.includes(this.home)),
    ];
  }
}

function startHarness(input: object, home: string) {
  const script = `
    const { Interrupt } = await import('${new URL('../host/interrupt.ts', import.meta.url).href}');
    const { Reaper } = await import('${new URL('../host/reaper.ts', import.meta.url).href}');
    const { launch } = await import('${new URL('qemu.ts', import.meta.url).href}');
    const { machine, ...given } = JSON.parse(process.argv[1]);
    using interrupt = new Interrupt();
    try {
      await using reaper = Reaper.start();
      console.log('begun');
      const context = { ...given, accelerator: 'tcg', reaper, signal: interrupt.signal };
      await using vm = await launch(machine, context);
      console.log('launched');
      await vm.during(() => new Promise(() => undefined));
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.exitCode = 130;
    }`;
  return execa(
    process.execPath,
    ['--input-type=module-typescript', '--eval', script, JSON.stringify(input)],
    { reject: false, buffer: false, stderr: 'inherit', env: { TMPDIR: home } },
  );
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

const title = needsToolbox('what a harness with a VM leaves');

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'is nothing after %s while the VM runs',
    async (signal) => {
      await using bench = await Bench.open();
      const harness = new Harness(bench);
      await harness.says('launched');
      expect(harness.traces.join()).toMatch(/qemu-system-x86_64.*swtpm|swtpm.*qemu-system-x86_64/);
      harness.process.kill(signal);
      await harness.process;
      if (signal === 'SIGINT') expect(harness.traces).toEqual([]);
      await expect.poll(() => harness.traces, { timeout: REAPED_MS }).toEqual([]);
    },
  );

  it.each(
    (['SIGKILL', 'SIGINT'] as const).flatMap((signal) =>
      [0, 50, 150, 350, 700].map((ms) => [signal, ms] as const),
    ),
  )('is nothing after %s at %i ms of the launch', async (signal, ms) => {
    await using bench = await Bench.open();
    const harness = new Harness(bench);
    await harness.says('begun');
    await delay(ms);
    harness.process.kill(signal);
    const { exitCode } = await harness.process;
    if (signal === 'SIGINT') {
      expect(exitCode).toBe(130);
      expect(harness.traces).toEqual([]);
    }
    await expect.poll(() => harness.traces, { timeout: REAPED_MS }).toEqual([]);
  });
});
