import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { InfraError } from '../harness/host/errors.ts';
import type { Finding } from '../harness/judge/finding.ts';
import type { ResultTable } from '../harness/report/table.ts';
import type { SuiteBoot } from './setting.ts';

/** Who hears what happens while the suites run. */
export type SuiteListener = {
  /** Something begins that may take a while. */
  readonly onStep: (text: string) => void;
  readonly onStage: (machine: string, stage: string, atMs: number) => void;
  readonly onBooted: (boot: SuiteBoot) => void;
  /** A test has ended. */
  readonly onJudged: (name: string, findings: readonly Finding[]) => void;
};

type TestOutcome = {
  readonly findings: readonly Finding[];
  readonly tables: readonly ResultTable[];
};

/** Gathers the findings that tests leave in their meta data. */
export class OutcomeReporter implements Reporter {
  /** What each test that has ended left, by the test's id. */
  readonly #left = new Map<string, TestOutcome>();
  /** Ids of the tests as the suites have them: those that run side by side end in any order. */
  #order: readonly string[] = [];
  #problem: InfraError | undefined;
  readonly #listener: SuiteListener;
  readonly #signal: AbortSignal | undefined;

  /** @param signal of the run: a test that ends after it was cancelled says nothing of what it judges */
  constructor(listener: SuiteListener, signal?: AbortSignal) {
    this.#listener = listener;
    this.#signal = signal;
  }

  /** In the order of the suites' tests. */
  get findings(): readonly Finding[] {
    return this.#ordered().flatMap(({ findings }) => findings);
  }

  /** In the order of the suites' tests. */
  get tables(): readonly ResultTable[] {
    return this.#ordered().flatMap(({ tables }) => tables);
  }

  /** Throws where the run is no answer to what was asked for. */
  throwProblem(requirements: readonly string[]): void {
    this.throwLost();
    const answered = new Set(this.findings.map(({ requirement }) => requirement));
    const unanswered = requirements.filter((id) => !answered.has(id));
    if (answered.size > 0 && unanswered.length === 0) return;
    const what = unanswered.length > 0 ? unanswered.join(', ') : 'any requirement';
    throw new InfraError({ tool: 'suite', problem: `failed: no test has answered ${what}` });
  }

  /** Throws where a suite could not be loaded, or broke. */
  throwLost(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  onTestCaseResult(test: TestCase): void {
    const { requirement, findings = [], tables = [] } = test.meta();
    const result = test.result();
    if (requirement === undefined || result.state === 'skipped') return;
    if (this.#signal?.aborted === true) return;
    this.#left.set(test.id, { findings, tables });
    if (findings.length === 0 && result.state === 'failed') {
      this.#lose(result.errors, `${test.name}: `);
    }
    this.#listener.onJudged(test.name, findings);
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = module.errors();
    if (errors.length > 0) this.#lose(errors);
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly { readonly message: string }[],
  ): void {
    this.#order = modules.flatMap(({ children }) => [...children.allTests()].map(({ id }) => id));
    if (errors.length > 0) this.#lose(errors, 'a run of the suites: ');
  }

  #ordered(): readonly TestOutcome[] {
    return this.#order.flatMap((id) => this.#left.get(id) ?? []);
  }

  /** @param what broke, and where; nothing where the error says it */
  #lose(errors: readonly { readonly message: string }[], what = ''): void {
    const problem = `failed: ${what}${errors[0]?.message ?? 'no reason given'}`;
    this.#problem ??= new InfraError({ tool: 'suite', problem });
  }
}
