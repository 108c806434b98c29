import {
  judgeChangedStore,
  judgeForgetting,
  judgeLives,
} from '../../harness/judge/judge-variable-lives.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { DIRECT_BOOT_FILES as FILES } from '../../harness/vm/direct-boot-run.ts';
import { record } from '../record.ts';
import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import { firmwareRunOf } from '../setting.ts';
import { needing } from '../suite-test.ts';
import { test } from './secure-boot-test.ts';
import type { VariableRuns } from './variable-runs.ts';

/** A requirement on what the guest writes into the store of the AmdSev build. */
export function forgottenWrites(id: SecureBootRequirement): void {
  onStore(id, 'variables-in-image-2', 'writes of the guest', async (variables, signal) => {
    const image = await variables.inImage(signal);
    const flash = await variables.inFlash(signal);
    return [
      ...judgeForgetting(image, flash, FILES),
      ...judgeLives(image, FILES),
      ...judgeLives(flash, FILES),
    ];
  });
}

/** A requirement on a store of the AmdSev build that the host has changed. */
export function changedStore(id: SecureBootRequirement): void {
  onStore(id, 'variables-of-the-host', 'a change by the host', async (variables, signal) =>
    judgeChangedStore(await variables.changedStore(signal), FILES),
  );
}

function onStore(
  id: SecureBootRequirement,
  name: string,
  title: string,
  judge: (variables: VariableRuns, signal: AbortSignal) => Promise<readonly Judgement[]>,
): void {
  const needs = needing('variables-in-image-1');
  test(`${id} ${name}: ${title}`, needs, async ({ variables, task, signal }) => {
    await record(task.meta, id, name, firmwareRunOf(name), async () => {
      return { flaky: false, judgements: await judge(variables, signal) };
    });
  });
}
