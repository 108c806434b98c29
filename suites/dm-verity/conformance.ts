import { inject } from 'vitest';
import {
  judgeBootedRoot,
  judgeChangedBoot,
  judgeFoundOut,
  judgeNotCorrupt,
} from '../../harness/judge/judge-changed-boot.ts';
import { judgeFlips } from '../../harness/judge/judge-flips.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { record } from '../record.ts';
import type { DmVerityRequirement } from '../requirements/dm-verity.ts';
import { changedBootOf, firmwareRunOf } from '../setting.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { type BootCase, UNCHANGED } from './boot-case.ts';
import { BOOT_CASES } from './boot-cases.ts';
import { type BootRun, BootRuns, ROOT_FILE } from './boot-runs.ts';
import { flipTable } from './flip-table.ts';
import { FLIPPED_NAMES, FLIPS_FILE, FlipTrials } from './flip-trials.ts';

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('runs', { scope: 'worker' }, ({}, { onCleanup }) => {
    const runs = new BootRuns(inject('setting'), admission);
    onCleanup(() => runs[Symbol.asyncDispose]());
    return runs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
  .extend('trials', { scope: 'worker' }, ({}, { onCleanup }) => {
    const trials = new FlipTrials(inject('setting'), admission);
    onCleanup(() => trials[Symbol.asyncDispose]());
    return trials;
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

/** A requirement on bits of every region of something that is flipped for real: one test for each. */
export function flippedBits(id: DmVerityRequirement): void {
  for (const name of FLIPPED_NAMES) {
    test(
      `${id} ${name}: what is said to notice does`,
      needing(),
      async ({ trials, boots, task, signal }) => {
        await record(task.meta, id, name, firmwareRunOf(name), async () => {
          const report = await trials.of(name, (text) => boots.step(text), signal);
          const judgements = judgeFlips(report, { witness: 'TPM command log', file: FLIPS_FILE });
          return { flaky: false, judgements, tables: [flipTable(report)] };
        });
      },
    );
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
