import { openVitest, type SuiteFiles } from './open-vitest.ts';
import { OutcomeReporter } from './outcome-reporter.ts';
import type { Setting } from './setting.ts';
import type { ListedTest } from './shard.ts';

const SILENT = {
  onStep: () => undefined,
  onStage: () => undefined,
  onBooted: () => undefined,
  onJudged: () => undefined,
};

/**
 * The tests of the suites, which are not run.
 *
 * @throws InfraError where a suite cannot be loaded
 */
export async function listTests(
  files: SuiteFiles,
  setting: Setting,
): Promise<readonly ListedTest[]> {
  const problems = new OutcomeReporter(SILENT);
  const vitest = await openVitest(files, setting, problems);
  try {
    // To run the files, not to read them: names and machines are made as they run.
    const { testModules } = await vitest.collect([], { staticParse: false });
    for (const module of testModules) problems.onTestModuleEnd(module);
    problems.throwLost();
    return testModules
      .flatMap((module) => [...module.children.allTests()])
      .filter(({ name }) => files.testNamePattern?.test(name) ?? true)
      .map((test) => ({ name: test.name, machines: test.meta().machines ?? [] }));
  } finally {
    await vitest.close();
  }
}
