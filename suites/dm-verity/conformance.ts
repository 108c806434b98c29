import { inject } from 'vitest';
import {
  judgeBootedRoot,
  judgeChangedBoot,
  judgeFoundOut,
  judgeNotCorrupt,
} from '../../harness/judge/judge-changed-boot.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { record } from '../record.ts';
import type { DmVerityRequirement } from '../requirements/dm-verity.ts';
import { changedBootOf } from '../setting.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { type BootCase, UNCHANGED } from './boot-case.ts';
import { BOOT_CASES } from './boot-cases.ts';
import { type BootRun, BootRuns, ROOT_FILE } from './boot-runs.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('runs', { scope: 'worker' }, ({}, { onCleanup }) => {
  const runs = new BootRuns(inject('setting'), admission);
  onCleanup(() => runs[Symbol.asyncDispose]());
  return runs;
});

/** A requirement, judged on every boot that is changed for it: one test for each. */
export function changedBoots(id: DmVerityRequirement): void {
  for (const [name, one] of Object.entries(BOOT_CASES)) {
    if (one.requirement !== id) continue;
    test(`${id} ${name}: ${one.what}`, needing(), async ({ runs, boots, task, signal }) => {
      await record(task.meta, id, name, changedBootOf(name), async () => {
        const { twin = UNCHANGED, what, unreadable } = one;
        boots.step(`boot with ${what}`);
        const run = await runs.of(name, signal);
        const other = isTwin(name) ? undefined : await runs.of(twin, signal);
        const fault = unreadable ? judgeNotCorrupt(what, run.console, VM_LOGS.console) : [];
        const changed = judgeChangedBoot(run, other, VM_LOGS.console);
        return { flaky: false, judgements: [...changed, ...rootOf(one, run), ...fault] };
      });
    });
  }
}

function isTwin(name: string): boolean {
  return name === UNCHANGED || Object.values(BOOT_CASES).some(({ twin }) => twin === name);
}

function rootOf({ what, withoutVerity }: BootCase, { root }: BootRun): readonly Judgement[] {
  if (root === undefined) return [];
  const judged = judgeBootedRoot(what, root.expected, root.observed, ROOT_FILE);
  return withoutVerity ? judged.map(judgeFoundOut) : judged;
}
