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

/** Gathers the findings that tests leave in their meta data. */
export class OutcomeReporter implements Reporter {
  readonly findings: Finding[] = [];
  readonly tables: ResultTable[] = [];
  #problem: InfraError | undefined;
  readonly #listener: SuiteListener;

  constructor(listener: SuiteListener) {
    this.#listener = listener;
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
