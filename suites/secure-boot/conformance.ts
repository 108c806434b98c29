import { judgeTrial } from '../../harness/judge/judge-image-trial.ts';
import { judgeAgreement, judgeOtherPolicy } from '../../harness/judge/judge-trial-run.ts';
import type { JudgedTrial, TrialReport } from '../../harness/judge/trial-report.ts';
import { DIRECT_BOOT_FILES } from '../../harness/vm/direct-boot-run.ts';
import { record } from '../record.ts';
import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import { firmwareRunOf } from '../setting.ts';
import { needing } from '../suite-test.ts';
import { test } from './secure-boot-test.ts';
import { TRIAL_CASES, type TrialCase } from './trial-cases.ts';
import { TRIAL_STORES, type TrialStoreName, trialStore } from './trial-stores.ts';

export { authorities, pcr7Tells } from './authorities.ts';
export { refusedKernel } from './refused-kernels.ts';
export { started, starts } from './starts.ts';
export { changedStore, forgottenWrites } from './variable-stores.ts';

/** A requirement, judged on every image that it names: one test for a variable store. */
export function trials(id: SecureBootRequirement): void {
  const cases = TRIAL_CASES.filter(({ requirement }) => requirement === id);
  for (const [store, of] of Map.groupBy(cases, (one) => one.store)) {
    const { loader } = trialStore(store);
    test(
      `${id} ${store}: ${of.length} images, by ${loader}`,
      needing(store),
      async ({ trials: runs, task, signal }) => {
        await record(task.meta, id, store, firmwareRunOf(store), async () => {
          const report = await runs.of(store, signal);
          const judgements = of.flatMap((one) => judgeCase(report, one));
          return { flaky: false, judgements };
        });
      },
    );
  }
}

/** A requirement on all images of every variable store that verifies them: one test for a store. */
export function agreement(id: SecureBootRequirement): void {
  for (const store of storesOf(false)) {
    const { loader } = trialStore(store);
    test(
      `${id} ${store}: forecast and ${loader} agree`,
      needing(store),
      async ({ trials: runs, task, signal }) => {
        await record(task.meta, id, store, firmwareRunOf(store), async () => {
          const report = await runs.of(store, signal);
          return { flaky: false, judgements: judgeAgreement(report, DIRECT_BOOT_FILES) };
        });
      },
    );
  }
}

/** A requirement on stores that differ from another one in the state of Secure Boot, or in a key. */
export function policies(id: SecureBootRequirement, usual: TrialStoreName): void {
  for (const store of storesOf(true)) {
    test(
      `${id} ${store}: PCR 7 says so`,
      needing(store),
      async ({ trials: runs, task, signal }) => {
        await record(task.meta, id, store, firmwareRunOf(store), async () => {
          const report = await runs.of(store, signal);
          const other = judgeOtherPolicy(report, await runs.of(usual, signal), DIRECT_BOOT_FILES);
          const judgements = [...judgeAgreement(report, DIRECT_BOOT_FILES), other];
          return { flaky: false, judgements };
        });
      },
    );
  }
}

function storesOf(onlySound: boolean): readonly TrialStoreName[] {
  const names = Object.keys(TRIAL_STORES) as TrialStoreName[];
  return names.filter((name) => (trialStore(name).onlySound ?? false) === onlySound);
}

function judgeCase(report: TrialReport, { image, wanted, twin }: TrialCase) {
  const find = (name: string) => trialOf(report, name);
  const other = twin === undefined ? undefined : find(twin);
  return judgeTrial(report, find(image), wanted, other, DIRECT_BOOT_FILES);
}

function trialOf({ trials: all }: TrialReport, name: string): JudgedTrial {
  const found = all.find(({ what }) => what === name);
  if (found !== undefined) return found;
  throw new TypeError(`no image ${name}`);
}
