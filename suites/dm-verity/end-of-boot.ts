import { waitFor } from '../../harness/host/deadline.ts';
import { StageTimeout } from '../../harness/host/errors.ts';
import type { ObservedBoot } from '../../harness/judge/judge-changed-boot.ts';
import { BootFailure } from '../../harness/vm/boot-failure.ts';
import type { StageName } from '../../harness/vm/boot-stages.ts';
import { describeHalt, type HaltReason } from '../../harness/vm/halt.ts';
import type { RunningVm } from '../../harness/vm/running-vm.ts';

/** What a guest that gives up takes to end its machine, systemd's wait for a root included, on a busy host. */
const END_MS = 120_000;

/** What the kernel says of a disk that fails (Linux, block/blk-mq.c): systemd waits on for a while. */
const UNREADABLE = /I\/O error, dev vda, sector \d+/;

const PANIC = /Kernel panic - not syncing: /;

/**
 * Follows a boot until it has come up to a stage, or somebody refuses to go on.
 *
 * @param toItsEnd whether the end of a machine whose boot is refused is waited for
 * @throws what {@link RunningVm.reach} throws besides BootFailure
 */
export async function endOfBoot(
  vm: RunningVm,
  stage: StageName,
  toItsEnd: boolean,
): Promise<ObservedBoot> {
  let hasPanicked = false;
  const unreadable = Promise.withResolvers<string>();
  vm.console.onLine((line) => {
    hasPanicked ||= PANIC.test(line);
    if (UNREADABLE.test(line)) unreadable.resolve(line);
  });
  try {
    const seen = await Promise.race([vm.reach(stage), unreadable.promise]);
    if (typeof seen === 'string') {
      return { end: 'refused', stage: vm.stages.stage, by: 'Linux kernel', line: seen.trim() };
    }
    return { end: 'booted', stage: seen.stage, by: undefined, line: `reached ${seen.stage}` };
  } catch (error) {
    if (!(error instanceof BootFailure)) throw error;
    const observed = refusalOf(error);
    if (!toItsEnd) return observed;
    const reason = await haltOf(vm);
    return {
      ...observed,
      machine: reason === undefined ? 'nothing in time' : endOf(reason, hasPanicked),
    };
  }
}

function refusalOf({ stage, problem, message }: BootFailure): ObservedBoot {
  if (problem.kind === 'halted') return { end: 'halted', stage, by: undefined, line: message };
  const { by, line } = problem.refusal;
  return { end: 'refused', stage, by, line: line.trim() };
}

async function haltOf(vm: RunningVm): Promise<HaltReason | undefined> {
  try {
    return await waitFor({ name: 'end of the machine', deadlineMs: END_MS }, () => vm.halted);
  } catch (error) {
    if (error instanceof StageTimeout) return undefined;
    throw error;
  }
}

/** A panic ends in a reset too: the images have `panic=-1`. */
function endOf(reason: HaltReason, hasPanicked: boolean): NonNullable<ObservedBoot['machine']> {
  if (reason.kind === 'guest-shutdown') return 'power-off';
  if (reason.kind === 'panicked') return 'panic';
  if (reason.kind === 'reset') return hasPanicked ? 'panic' : 'restart';
  throw new TypeError(`the VM ${describeHalt(reason)}`);
}
