import { test as base, inject } from 'vitest';
import { judgeKernelLoad } from '../../harness/judge/judge-kernel-load.ts';
import { judgeLaunchDigests } from '../../harness/judge/judge-launch-digests.ts';
import { FIRMWARE_RUN_FILES } from '../../harness/vm/firmware-run.ts';
import { record, TEST_MS } from '../record.ts';
import { firmwareRunOf } from '../setting.ts';
import { KERNEL_HASHES_CASES } from './cases.ts';
import { FirmwareRuns } from './firmware-runs.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('runs', { scope: 'worker' }, ({}, { onCleanup }) => {
  const runs = new FirmwareRuns(inject('setting'));
  onCleanup(() => runs[Symbol.asyncDispose]());
  return runs;
});

for (const [name, { requirement, what, twin }] of Object.entries(KERNEL_HASHES_CASES)) {
  test(`${requirement} ${name}: ${what}`, { timeout: TEST_MS }, async ({ runs, task, signal }) => {
    await record(task.meta, requirement, name, firmwareRunOf(name), async () => {
      const load = await runs.of(name, signal);
      const other = twin === undefined ? undefined : await runs.of(twin, signal);
      return { flaky: false, judgements: judgeKernelLoad(load, other, FIRMWARE_RUN_FILES) };
    });
  });
}

const incomplete = Object.entries(KERNEL_HASHES_CASES).filter(
  ([, { requirement }]) => requirement === 'CVM-KH-009',
);

for (const [name, { what }] of incomplete) {
  test(`CVM-KH-010 ${name}: ${what}`, { timeout: TEST_MS }, async ({ runs, task, signal }) => {
    await record(task.meta, 'CVM-KH-010', name, firmwareRunOf(name), async () => {
      const changed = await runs.launchDigest(name, signal);
      const usual = await runs.completeLaunchDigest(name);
      const digests = { what, usual, changed };
      return { flaky: false, judgements: [judgeLaunchDigests(digests, FIRMWARE_RUN_FILES.memory)] };
    });
  });
}
