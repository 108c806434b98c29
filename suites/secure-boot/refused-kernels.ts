import { judgeRefusedKernel } from '../../harness/judge/judge-refused-kernel.ts';
import { DIRECT_BOOT_FILES } from '../../harness/vm/direct-boot-run.ts';
import { record } from '../record.ts';
import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import { firmwareRunOf } from '../setting.ts';
import { needing } from '../suite-test.ts';
import type { RefusedKernelRun } from './refused-kernel.ts';
import { test } from './secure-boot-test.ts';

/** A requirement on a kernel that nobody signed, and that QEMU gives to the firmware. */
export function refusedKernel(id: SecureBootRequirement, name: RefusedKernelRun): void {
  const twin = 'unsigned-kernel-legacy-loader';
  const needs = needing(name, twin);
  test(`${id} ${name}: is not started`, needs, async ({ refusedKernels, task, signal }) => {
    await record(task.meta, id, name, firmwareRunOf(name), async () => {
      const kernel = await refusedKernels.of(name, signal);
      const switched = await refusedKernels.of(twin, signal);
      return { flaky: false, judgements: judgeRefusedKernel(kernel, switched, DIRECT_BOOT_FILES) };
    });
  });
}
