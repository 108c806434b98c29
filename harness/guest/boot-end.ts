import { stat } from 'node:fs/promises';
import { poll } from '../host/deadline.ts';
import { stageIndex } from '../vm/boot-stages.ts';
import type { RunningVm } from '../vm/running-vm.ts';

/** How the end of a boot is seen of an image that nothing is known of. */
export type BootEnd = {
  /** A line of the console that says that the system is up. */
  readonly ready: RegExp;
  /** So long without a command to the TPM is the end where the console says nothing. */
  readonly quietMs: number;
};

/**
 * Lines that images of most makers write when they are up: of systemd, of agetty, and of the reference
 * images. The kernel's own command line, which it writes at first, may end with a console too.
 */
export const COMMON_READY =
  /Reached target .*(?:multi-user|graphical)\.target|^\S.* \S+ ttyS\d+$|\S+ login: *$|(?:^|\s)cvm-stage: ready$/;

/** What the TPM's log grows by is looked at so often. */
const LOOK_MS = 1_000;

/**
 * Waits until a boot is over: its console says so, or its TPM is told nothing more.
 *
 * @returns which of them it was
 * @throws BootFailure where the boot is refused or the guest ends itself; StageTimeout where a
 *   boot stage takes too long; InfraError where QEMU or swtpm broke
 */
export function bootEnd(vm: RunningVm, end: BootEnd): Promise<'console' | 'quiet TPM'> {
  return vm.during((signal) =>
    Promise.race([consoleSays(vm, end.ready, signal), tpmIsQuiet(vm, end.quietMs, signal)]),
  );
}

function consoleSays(vm: RunningVm, ready: RegExp, signal: AbortSignal): Promise<'console'> {
  const { promise, resolve } = Promise.withResolvers<'console'>();
  const listener = vm.console.onLine((line) => {
    if (ready.test(line)) resolve('console');
  });
  signal.addEventListener('abort', () => listener[Symbol.dispose](), { once: true });
  return promise;
}

/** The firmware alone may be quiet for longer than a system is. */
function tpmIsQuiet(vm: RunningVm, quietMs: number, signal: AbortSignal): Promise<'quiet TPM'> {
  let seen = { bytes: -1, atMs: performance.now() };
  const look = async () => {
    const { size } = await stat(vm.tpm.logFile);
    if (size !== seen.bytes) seen = { bytes: size, atMs: performance.now() };
    const isBooting = stageIndex(vm.stages.stage) < stageIndex('boot-loader');
    return isBooting || performance.now() - seen.atMs < quietMs ? undefined : 'quiet TPM';
  };
  return poll(look, LOOK_MS, signal);
}
