import type { StubRelease } from '../../formats/stub-release.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';

/** The kernel measures its command line here (Linux drivers/firmware/efi/libstub). */
const PCR = 9;

/** The first stub that looks for consoles. */
const FIRST_WITH_CONSOLES = 261;

/**
 * A command line that names no console gets those that the stub finds among the firmware's, which it does not
 * measure itself.
 *
 * @param stub the stub's release
 * @param commandLine all that the kernel is to be started with; absent where there is nothing
 * @see systemd src/boot/console.c (cmdline_append_console)
 */
export function addedConsole(
  stub: StubRelease | undefined,
  commandLine: string | undefined,
): Contribution {
  const version = stub?.version ?? Number.POSITIVE_INFINITY;
  if (version < FIRST_WITH_CONSOLES || /(?:^| )console=/.test(commandLine ?? '')) return computed();
  return unknown(
    [PCR],
    'systemd-stub from v261 on adds the consoles that it finds to a command line without console=',
  );
}
