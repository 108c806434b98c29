import { judgeCommandLine, judgeMeasured } from '../../harness/judge/judge-stub-start.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { DIRECT_BOOT_FILES } from '../../harness/vm/direct-boot-run.ts';
import { record } from '../record.ts';
import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import { firmwareRunOf } from '../setting.ts';
import { needing } from '../suite-test.ts';
import { test } from './secure-boot-test.ts';
import type { Starts } from './start-judges.ts';
import type { StubCaseName } from './stub-cases.ts';

/** PCRs that programs on the way to a kernel extend, but that of device tables and boot variables. */
const PCRS = [4, 5, 7, 11, 12];

/** A requirement on all that is measured until a kernel begins, and on its command line: one test for a case. */
export function starts(id: SecureBootRequirement, cases: readonly StubCaseName[]): void {
  for (const name of cases) {
    started(id, 'measured as computed', { start: name }, ({ start }) => [
      ...judgeMeasured(start, PCRS, DIRECT_BOOT_FILES),
      judgeCommandLine(start, DIRECT_BOOT_FILES),
    ]);
  }
}

/**
 * A requirement on several starts.
 *
 * @param title what must hold
 * @param cases that are started, by the name that they have in it; it is about the first
 * @param judge pure; what it says of the starts becomes the findings
 */
export function started<Name extends string>(
  id: SecureBootRequirement,
  title: string,
  cases: Readonly<Record<Name, StubCaseName>>,
  judge: (starts: Starts<Name>) => readonly Judgement[],
): void {
  const all = Object.entries(cases) as [Name, StubCaseName][];
  const [[, about] = []] = all;
  if (about === undefined) throw new TypeError(`${id} is about no start`);
  const needs = needing(...all.map(([, name]) => name));
  test(`${id} ${about}: ${title}`, needs, async ({ starts: runs, task, signal }) => {
    await record(task.meta, id, about, firmwareRunOf(about), async () => {
      const judged = [];
      for (const [part, name] of all) judged.push([part, await runs.of(name, signal)] as const);
      const judgements = judge(Object.fromEntries(judged) as Starts<Name>);
      return { flaky: false, judgements };
    });
  });
}
