import { inject } from 'vitest';
import { judgeForkedLoad } from '../../harness/judge/judge-forked-load.ts';
import { judgeKernelLoad } from '../../harness/judge/judge-kernel-load.ts';
import { judgeLaunchDigests } from '../../harness/judge/judge-launch-digests.ts';
import { FIRMWARE_RUN_FILES } from '../../harness/vm/firmware-run.ts';
import { QEMU } from '../../harness/vm/qemu-arguments.ts';
import { record } from '../record.ts';
import type { KernelHashesRequirement } from '../requirements/kernel-hashes.ts';
import { firmwareRunOf } from '../setting.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { KERNEL_HASHES_CASES } from './cases.ts';
import { FirmwareRuns } from './firmware-runs.ts';
import { skippedFor, tooOldFor } from './qemu-release.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('runs', { scope: 'worker' }, ({}, { onCleanup }) => {
  const runs = new FirmwareRuns(inject('setting'), admission);
  onCleanup(() => runs[Symbol.asyncDispose]());
  return runs;
});

/** A requirement, judged on every case that is made for it and on the twin of each: one test for a case. */
export function cases(id: KernelHashesRequirement): void {
  for (const [name, { what, twin, given }] of casesOf(id)) {
    test(`${id} ${name}: ${what}`, needing(), async ({ runs, task, signal }) => {
      await record(task.meta, id, name, firmwareRunOf(name), async () => {
        const lack = tooOldFor(given, inject('setting').toolVersions[QEMU]);
        if (lack !== undefined) {
          return { flaky: false, judgements: [skippedFor(what, lack, FIRMWARE_RUN_FILES.console)] };
        }
        const load = await runs.of(name, signal);
        const other = twin === undefined ? undefined : await runs.of(twin, signal);
        const forked = await runs.forkOf(name, signal);
        const judgements = [
          ...judgeKernelLoad(load, other, FIRMWARE_RUN_FILES),
          ...(forked === undefined ? [] : [judgeForkedLoad(load, forked, FIRMWARE_RUN_FILES)]),
        ];
        return { flaky: false, judgements };
      });
    });
  }
}

/**
 * A requirement on the launch digests of the tables that another's cases put into guest memory: one test
 * for a case.
 *
 * @param of the requirement whose cases have the tables
 */
export function launchDigests(id: KernelHashesRequirement, of: KernelHashesRequirement): void {
  for (const [name, { what }] of casesOf(of)) {
    test(`${id} ${name}: ${what}`, needing(), async ({ runs, task, signal }) => {
      await record(task.meta, id, name, firmwareRunOf(name), async () => {
        const changed = await runs.launchDigest(name, signal);
        const digests = { what, usual: await runs.completeLaunchDigest(name), changed };
        const judged = judgeLaunchDigests(digests, FIRMWARE_RUN_FILES.memory);
        return { flaky: false, judgements: [judged] };
      });
    });
  }
}

function casesOf(id: KernelHashesRequirement) {
  return Object.entries(KERNEL_HASHES_CASES).filter(([, { requirement }]) => requirement === id);
}
