import type { StubRelease } from '../../formats/stub-release.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { Forecast } from '../prediction.ts';
import { loadOptionsEvents } from './systemd-stub.ts';

/** The OEM string from which the stub takes more of a command line. */
const NAME = 'io.systemd.stub.kernel-cmdline-extra=';

/** The first stub that looks for it, and the first whose order of measurements is forecast. */
const FIRST_WITH_SMBIOS = 254;
const FIRST_FORECAST = 257;

/** The kernel's own measurement, and TPM2_PCR_KERNEL_CONFIG (UAPI Group, Linux TPM PCR Registry). */
const COMMAND_LINE_PCRS = [9, 12];

/**
 * What an OEM string of the SMBIOS table adds to the kernel's command line. Secure Boot changes nothing
 * of it; a confidential VM does not listen.
 *
 * @param stub the stub's release
 * @param oemStrings the strings that the machine has, in order; none where nobody listens
 * @returns `undefined` where they add nothing
 * @see systemd src/boot/stub.c (cmdline_append_and_measure_smbios), src/boot/smbios.c (smbios_find_oem_string)
 */
export function smbiosCommandLine(
  stub: StubRelease | undefined,
  oemStrings: readonly string[],
): string | undefined {
  if (versionOf(stub) < FIRST_WITH_SMBIOS) return undefined;
  const found = oemStrings.find((text) => text.startsWith(NAME));
  return found?.slice(NAME.length) || undefined;
}

/**
 * Forecasts what the stub measures of it.
 *
 * @param forecast which banks
 * @param text what {@link smbiosCommandLine} says
 */
export function smbiosCommandLineEvents(
  { banks }: Forecast,
  stub: StubRelease | undefined,
  text: string | undefined,
): Contribution {
  if (text !== undefined && versionOf(stub) < FIRST_FORECAST) {
    return unknown(COMMAND_LINE_PCRS, 'when a stub before v257 measures what SMBIOS adds');
  }
  return computed(...loadOptionsEvents({ banks }, 'systemd-stub', text));
}

function versionOf(stub: StubRelease | undefined): number {
  return stub?.version ?? Number.POSITIVE_INFINITY;
}
