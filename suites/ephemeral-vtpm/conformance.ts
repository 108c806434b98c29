import { inject } from 'vitest';
import { judgeRemains } from '../../harness/judge/judge-remains.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { record } from '../record.ts';
import type { Requirement } from '../requirements/requirement.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { ENDS } from './ended-vms.ts';
import type { TwoLives } from './two-lives.ts';
import {
  TWICE_BOOTED,
  type TwoBoots,
  VTPM_DIRECTORY,
  VTPM_FILES,
  VTPM_MACHINE,
  VtpmRuns,
} from './vtpm-runs.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('runs', { scope: 'worker' }, ({}, { onCleanup }) => {
  const runs = new VtpmRuns(inject('setting'), admission);
  onCleanup(() => runs[Symbol.asyncDispose]());
  return runs;
});

/** Names of what serves several tests, which stay in one shard for it. */
const VTPM_BOOTS = 'vtpm-boots';
const VTPM_LIVES = 'vtpm-lives';

/** A requirement, judged on two boots of one machine, each with a TPM of its own. */
export function twoBoots(
  id: Requirement['id'],
  title: string,
  judge: (boots: TwoBoots) => readonly Judgement[],
): void {
  test(`${id} ${TWICE_BOOTED}: ${title}`, needing(VTPM_BOOTS), async ({ runs, task, signal }) => {
    await record(task.meta, id, TWICE_BOOTED, VTPM_DIRECTORY, async () => ({
      flaky: false,
      judgements: judge(await runs.twoBoots(signal)),
    }));
  });
}

/** A requirement, judged on a TPM whose state the host keeps, and on one that it does not, without a guest. */
export function twoLives(
  id: Requirement['id'],
  title: string,
  judge: (lives: TwoLives) => readonly Judgement[],
): void {
  test(`${id} swtpm: ${title}`, needing(VTPM_LIVES), async ({ runs, task, signal }) => {
    await record(task.meta, id, 'swtpm', VTPM_DIRECTORY, async () => ({
      flaky: false,
      judgements: judge(await runs.twoLives(signal)),
    }));
  });
}

/** A requirement on what is left of a TPM, however its VM ends: one test for each end. */
export function afterEachEnd(id: Requirement['id']): void {
  for (const end of ENDS) {
    test(`${id} ${end}: nothing is left`, needing(), async ({ runs, task, signal }) => {
      const directory = `${VTPM_DIRECTORY}/${end.replaceAll(' ', '-').toLowerCase()}`;
      await record(task.meta, id, VTPM_MACHINE, directory, async () => {
        const remains = await runs.remains(end, signal);
        const judged = judgeRemains({ end, ...remains, file: VTPM_FILES.remains });
        return { flaky: false, judgements: [judged] };
      });
    });
  }
}
