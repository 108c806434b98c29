import { glob } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CliOptions, createVitest, type Reporter, type Vitest } from 'vitest/node';
import { InfraError } from '../harness/host/errors.ts';
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

/** The file of tests that has all the others. */
const ALL_SUITES = join(import.meta.dirname, 'side-by-side.ts');

/**
 * A Vitest for the suites, with one worker thread: the boots of a run serve all of them, and their tests run
 * side by side where more than one VM may.
 *
 * @throws InfraError where there is no suite
 */
export async function openVitest(
  { root, suites, testNamePattern }: SuiteFiles,
  setting: Setting,
  reporter: Reporter,
): Promise<Vitest> {
  const options: CliOptions = {
    root: import.meta.dirname,
    config: false,
    watch: false,
    include: [basename(ALL_SUITES)],
    ...(testNamePattern !== undefined && { testNamePattern }),
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    sequence: { concurrent: setting.jobs > 1 },
    // Tests that run side by side begin together: who may start a VM is let in by admission.
    maxConcurrency: Number.MAX_SAFE_INTEGER,
    reporters: [reporter],
    provide: { setting, suites: { root, files: await filesOf(root, suites) } },
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

/** Paths relative to the root, sorted: the order of the findings. */
async function filesOf(root: string, names: readonly string[]): Promise<readonly string[]> {
  const folders = names.length === 0 ? ['**'] : names;
  const patterns = folders.map((folder) => join(folder, '*.suite.ts'));
  const files = (await Array.fromAsync(glob(patterns, { cwd: root }))).toSorted();
  if (files.length > 0) return files;
  throw new InfraError({ tool: 'suite', problem: 'failed: there is none' });
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Files of the suites that are run, relative to their root. */
    suites: { readonly root: string; readonly files: readonly string[] };
  }
}
