import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { livingGroup } from '../host/process-table.ts';
import { bootOfKernel } from '../images/boot-of.ts';
import { getImage } from '../images/get-image.ts';
import { requireDirect } from '../images/reference-image.ts';
import { Machine } from '../machine/machine.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { launch } from '../vm/qemu.ts';
import type { RunningVm } from '../vm/running-vm.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/** Within which the death of a TPM must be told of. */
const TOLD_MS = 5_000;

/** What the kernel says first, where it may say everything. */
const KERNEL = /Linux version/;

const title = needsToolbox('a TPM that dies amid a boot');

describe.skipIf(testToolbox === undefined)(title, { timeout: 3 * BOOT_MS }, () => {
  let bench: Bench;
  let machine: Machine;

  beforeAll(async () => {
    bench = await Bench.open();
    machine = await directMachine(bench);
  }, BOOT_MS);
  afterAll(() => bench?.[Symbol.asyncDispose]());

  it.each([
    ['when the kernel has begun', async (vm: RunningVm) => await said(vm, KERNEL)],
    ['when user space has begun', async (vm: RunningVm) => void (await vm.reach('initrd'))],
  ])(
    'by SIGKILL, %s, is named at once; nothing is left, and the next VM starts',
    async (_, begun: (vm: RunningVm) => Promise<void>) => {
      {
        await using vm = await launch(machine, { ...bench.context, announced: ['initrd', 'ssh'] });
        await vm.during(() => begun(vm));
        for (const { pid } of livingGroup(vm.tpm.child.pid)) process.kill(pid, 'SIGKILL');
        const startedAt = performance.now();
        const fault = await vm.reach('ssh').catch((error: unknown) => error);
        expect(performance.now() - startedAt).toBeLessThan(TOLD_MS);
        expect(fault).toBeInstanceOf(InfraError);
        expect(fault).toMatchObject({ tool: 'swtpm' });
        expect((fault as InfraError).message).toMatch(/killed by SIGKILL|exited with code 137/);
      }
      await using next = await launch(machine, bench.context);
      await next.during(() => next.console.firstOutput);
    },
  );
});

/** Waits until the console has said something. */
async function said(vm: RunningVm, pattern: RegExp): Promise<void> {
  const heard = Promise.withResolvers<void>();
  using _listener = vm.console.onLine((line) => {
    if (pattern.test(line)) heard.resolve();
  });
  await heard.promise;
}

/** The image that is an initrd alone, whose kernel says all that it does. */
async function directMachine({ context, machine }: Bench): Promise<Machine> {
  const { reaper } = context;
  const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
  const image = requireDirect(await getImage(WORKSPACE.definitions, 'initrd-only', build));
  const boot = await bootOfKernel(image);
  const cmdline = `${boot.cmdline} loglevel=7`;
  return Machine.parse({ ...machine, name: 'initrd-only', boot: { ...boot, cmdline } });
}
