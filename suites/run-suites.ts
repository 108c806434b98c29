import type { Finding } from '../harness/judge/finding.ts';
import { joinTables, type ResultTable } from '../harness/report/table.ts';
import { listTests } from './list-tests.ts';
import { openVitest } from './open-vitest.ts';
import { OutcomeReporter, type SuiteListener } from './outcome-reporter.ts';
import { type Setting, SUITE_CHANNEL, type SuiteBoot, type SuiteMessage } from './setting.ts';
import type { ListedTest } from './shard.ts';

/** Which tests of the suites are run. */
export type SuiteSelection = {
  /** Names of suites; all of them where none is named. */
  readonly suites: readonly string[];
  /** Ids of requirements; all of them where none is named. */
  readonly requirements: readonly string[];
  /** Chooses some of the tests of these, by their names; all of them run where there is no choice. */
  readonly choose?: (tests: readonly ListedTest[]) => readonly string[];
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
  using _channel = listen(listener, boots, signal);
  const outcome = new OutcomeReporter(listener, signal);
  const { choose, ...all } = selection;
  const testNamePattern = patternOf(all.requirements);
  const files = { root: suites, suites: all.suites, testNamePattern };
  const chosen = choose?.(await listTests(files, setting));
  if (chosen?.length === 0) return { findings: [], boots: [], tables: [] };
  const pattern = chosen === undefined ? testNamePattern : patternOfNames(chosen);
  const vitest = await openVitest({ ...files, testNamePattern: pattern }, setting, outcome);
  const cancel = () => void vitest.cancelCurrentRun('keyboard-input');
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await vitest.start();
  } finally {
    signal.removeEventListener('abort', cancel);
    await vitest.close();
  }
  if (!signal.aborted) outcome.throwProblem(requirementsOf(selection, chosen));
  const { findings, tables } = outcome;
  return { findings, boots: boots.toSorted(byName), tables: joinTables(tables) };
}

/** Boots that are made side by side end in any order. */
function byName(a: SuiteBoot, b: SuiteBoot): number {
  return a.machine < b.machine ? -1 : 1;
}

/** The requirements that the run must answer. */
function requirementsOf(
  { requirements }: SuiteSelection,
  chosen: readonly string[] | undefined,
): readonly string[] {
  return chosen?.map((name) => name.split(' ')[0] ?? '') ?? requirements;
}

function patternOf(requirements: readonly string[]): RegExp | undefined {
  return requirements.length === 0 ? undefined : new RegExp(`^(?:${requirements.join('|')}) `);
}

function patternOfNames(names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.map((name) => RegExp.escape(name)).join('|')})$`);
}

/** Hears the worker, which is a thread of this process. */
function listen(listener: SuiteListener, boots: SuiteBoot[], signal: AbortSignal): Disposable {
  const channel = new BroadcastChannel(SUITE_CHANNEL);
  channel.onmessage = (event: MessageEvent) => {
    if (signal.aborted) return; // what ends from now on is ended
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
