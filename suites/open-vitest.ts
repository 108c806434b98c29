import { join } from 'node:path';
import { type CliOptions, createVitest, type Reporter, type Vitest } from 'vitest/node';
import type { Setting } from './setting.ts';

/** Which tests Vitest is to look at. */
export type SuiteFiles = {
  /** Absolute path of `suites/`. */
  readonly root: string;
  /** Names of suites; all of them where none is named. */
  readonly suites: readonly string[];
  /** What the names of tests match; all of them where there is none. */
  readonly testNamePattern: RegExp | undefined;
};

/** A Vitest for the suites, with one worker thread: the boots of a run serve all of them. */
export async function openVitest(
  { root, suites, testNamePattern }: SuiteFiles,
  setting: Setting,
  reporter: Reporter,
): Promise<Vitest> {
  const options: CliOptions = {
    root,
    config: false,
    watch: false,
    include: suites.length === 0 ? ['**/*.suite.ts'] : includes(suites),
    ...(testNamePattern !== undefined && { testNamePattern }),
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    // Tests that run side by side begin together: who may start a VM is let in by admission.
    maxConcurrency: Number.MAX_SAFE_INTEGER,
    reporters: [reporter],
    provide: { setting },
    teardownTimeout: TEARDOWN_MS,
    cache: false, // one file of all runs, which is not written in one step
  };
  return await keepingSignals(() =>
    createVitest(options, { cacheDir: join(setting.cache, 'vite') }),
  );
}

/**
 * Vitest's logger ends the process a millisecond after Ctrl-C. It is for us to end: VMs are switched off
 * and the result is written before.
 */
async function keepingSignals<T>(start: () => Promise<T>): Promise<T> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const ours = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  const started = await start();
  for (const [signal, listeners] of ours) {
    for (const listener of process.listeners(signal)) {
      if (!listeners.includes(listener)) process.off(signal, listener);
    }
  }
  return started;
}

/** Longer than it takes to end a VM. */
const TEARDOWN_MS = 60_000;

function includes(names: readonly string[]): string[] {
  return names.map((name) => join(name, '*.suite.ts'));
}
