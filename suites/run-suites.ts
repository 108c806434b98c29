import { join } from 'node:path';
import {
  type CliOptions,
  createVitest,
  type Reporter,
  type TestCase,
  type TestModule,
} from 'vitest/node';
import { InfraError } from '../harness/host/errors.ts';
import type { Finding } from '../harness/judge/finding.ts';
import { joinTables, type ResultTable } from '../harness/report/table.ts';
import { type Setting, SUITE_CHANNEL, type SuiteBoot, type SuiteMessage } from './setting.ts';

/** Which tests of the suites are run. */
export type SuiteSelection = {
  /** Names of suites; all of them where none is named. */
  readonly suites: readonly string[];
  /** Ids of requirements; all of them where none is named. */
  readonly requirements: readonly string[];
};

/** Who hears what happens while the suites run. */
export type SuiteListener = {
  /** Something begins that may take a while. */
  readonly onStep: (text: string) => void;
  readonly onStage: (machine: string, stage: string, atMs: number) => void;
  readonly onBooted: (boot: SuiteBoot) => void;
  /** A test has ended. */
  readonly onJudged: (name: string, findings: readonly Finding[]) => void;
};

/** What the suites came to. */
export type SuiteOutcome = {
  readonly findings: readonly Finding[];
  readonly boots: readonly SuiteBoot[];
  readonly tables: readonly ResultTable[];
};

/**
 * Runs the suites with Vitest, in one worker thread: the boots of a run are made one after the
 * other and serve every suite.
 *
 * @param suites absolute path of `suites/`
 * @param signal cancels the run: VMs are ended, and what was found so far is returned
 * @throws InfraError where a suite cannot be loaded, or a requirement that was asked for is answered
 *   by no test: what nobody looked at must not look like success
 */
export async function runSuites(
  suites: string,
  selection: SuiteSelection,
  setting: Setting,
  listener: SuiteListener,
  signal: AbortSignal,
): Promise<SuiteOutcome> {
  const boots: SuiteBoot[] = [];
  using _channel = listen(listener, boots);
  const outcome = new OutcomeReporter(listener);
  const options: CliOptions = {
    root: suites,
    config: false,
    watch: false,
    include: selection.suites.length === 0 ? ['**/*.suite.ts'] : includes(selection.suites),
    ...(selection.requirements.length > 0 && { testNamePattern: pattern(selection.requirements) }),
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    reporters: [outcome],
    provide: { setting },
    teardownTimeout: TEARDOWN_MS,
    cache: false, // one file of all runs, which is not written in one step
  };
  const vitest = await keepingSignals(() =>
    createVitest(options, { cacheDir: join(setting.cache, 'vite') }),
  );
  const cancel = () => void vitest.cancelCurrentRun('keyboard-input');
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await vitest.start();
  } finally {
    signal.removeEventListener('abort', cancel);
    await vitest.close();
  }
  if (!signal.aborted) outcome.throwProblem(selection);
  return { findings: outcome.findings, boots, tables: joinTables(outcome.tables) };
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

function pattern(requirements: readonly string[]): RegExp {
  return new RegExp(`^(?:${requirements.join('|')}) `);
}

/** Hears the worker, which is a thread of this process. */
function listen(listener: SuiteListener, boots: SuiteBoot[]): Disposable {
  const channel = new BroadcastChannel(SUITE_CHANNEL);
  channel.onmessage = (event: MessageEvent) => {
    const message = event.data as SuiteMessage;
    switch (message.kind) {
      case 'step':
        return listener.onStep(message.text);
      case 'stage':
        return listener.onStage(message.machine, message.stage, message.atMs);
      case 'boot':
        boots.push(message.boot);
        return listener.onBooted(message.boot);
    }
  };
  return { [Symbol.dispose]: () => channel.close() };
}

/** Gathers the findings that tests leave in their meta data. */
class OutcomeReporter implements Reporter {
  readonly findings: Finding[] = [];
  readonly tables: ResultTable[] = [];
  #problem: InfraError | undefined;
  readonly #listener: SuiteListener;

  constructor(listener: SuiteListener) {
    this.#listener = listener;
  }

  /** Throws where the run is no answer to what was asked for. */
  throwProblem({ requirements }: SuiteSelection): void {
    if (this.#problem !== undefined) throw this.#problem;
    const answered = new Set(this.findings.map(({ requirement }) => requirement));
    const unanswered = requirements.filter((id) => !answered.has(id));
    if (answered.size > 0 && unanswered.length === 0) return;
    const what = unanswered.length > 0 ? unanswered.join(', ') : 'any requirement';
    throw new InfraError({ tool: 'suite', problem: `failed: no test has answered ${what}` });
  }

  onTestCaseResult(test: TestCase): void {
    const { requirement, findings = [], tables = [] } = test.meta();
    const result = test.result();
    if (requirement === undefined || result.state === 'skipped') return;
    this.findings.push(...findings);
    this.tables.push(...tables);
    if (findings.length === 0 && result.state === 'failed') this.#lose(test.name, result.errors);
    this.#listener.onJudged(test.name, findings);
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = module.errors();
    if (errors.length > 0) this.#lose(module.relativeModuleId, errors);
  }

  onTestRunEnd(
    _modules: readonly TestModule[],
    errors: readonly { readonly message: string }[],
  ): void {
    if (errors.length > 0) this.#lose('a run of the suites', errors);
  }

  #lose(what: string, errors: readonly { readonly message: string }[]): void {
    const problem = `failed: ${what}: ${errors[0]?.message ?? 'no reason given'}`;
    this.#problem ??= new InfraError({ tool: 'suite', problem });
  }
}
