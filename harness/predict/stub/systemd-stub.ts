import { encodeUtf16 } from '../../bytes/utf16.ts';
import { measuredSections, type StubChoice } from '../../formats/measured-sections.ts';
import type { Uki } from '../../formats/uki.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { measuredBytes } from '../measured-bytes.ts';
import type { Forecast } from '../prediction.ts';
import type { SectionDigests } from '../section-digests.ts';

/** TPM2_PCR_KERNEL_BOOT (UAPI Group, Linux TPM PCR Registry). */
const KERNEL_BOOT_PCR = 11;
/** TPM2_PCR_KERNEL_CONFIG. */
const KERNEL_CONFIG_PCR = 12;

/**
 * Forecasts what systemd-stub extends PCR 11 with: for each section its name with a NUL, then its
 * bytes as they stand in memory. Stubs before v252 measure nothing there.
 *
 * @param forecast which banks
 * @param uki the image
 * @param choice the profile, and the device tree that matches the hardware
 * @param digestsOfSection digests of the image's sections in these banks
 * @throws RangeError where the image has no such profile
 * @see systemd src/boot/stub.c, measure_sections
 */
export function systemdStubEvents(
  { banks }: Forecast,
  uki: Uki,
  choice: StubChoice,
  digestsOfSection: SectionDigests,
): readonly ExpectedEvent[] {
  return measuredSections(uki, choice).flatMap(({ name, section }) => [
    kernelBootEvent(`name ${name}`, measuredBytes(banks, Buffer.from(`${name}\0`))),
    kernelBootEvent(`${name}, ${section.virtualSize} bytes`, {
      digests: digestsOfSection(section),
    }),
  ]);
}

/**
 * Forecasts what systemd-stub extends PCR 12 with before it measures a profile's sections: the
 * profile's number as text. The default profile leaves no trace there.
 *
 * @param forecast which banks
 * @param profile the selected profile, from 0
 * @see systemd src/boot/stub.c, measure_profile
 */
export function systemdStubProfileEvents(
  { banks }: Forecast,
  profile: number,
): readonly ExpectedEvent[] {
  if (profile === 0) return [];
  return [
    {
      pcr: KERNEL_CONFIG_PCR,
      type: 'EV_EVENT_TAG',
      agent: 'systemd-stub',
      description: `UKI profile ${profile}`,
      ...measuredBytes(banks, Buffer.from(`${profile}\0`, 'utf16le')),
    },
  ];
}

/**
 * Forecasts what systemd-stub extends PCR 12 with when it accepts a command line that it is given, or
 * systemd-boot when it gives one: the text with its NUL, in UTF-16.
 *
 * @param forecast which banks
 * @param agent which of them
 * @param commandLine the text; absent where there is none
 * @see systemd src/boot/measure.c, tpm_log_load_options
 */
export function loadOptionsEvents(
  { banks }: Forecast,
  agent: 'systemd-stub' | 'systemd-boot',
  commandLine: string | undefined,
): readonly ExpectedEvent[] {
  if (commandLine === undefined) return [];
  return [
    {
      pcr: KERNEL_CONFIG_PCR,
      type: 'EV_IPL',
      agent,
      description: `command line: ${commandLine}`,
      ...measuredBytes(banks, encodeUtf16(`${commandLine}\0`)),
    },
  ];
}

function kernelBootEvent(
  description: string,
  measured: Pick<ExpectedEvent, 'digests' | 'data'>,
): ExpectedEvent {
  return { pcr: KERNEL_BOOT_PCR, type: 'EV_IPL', agent: 'systemd-stub', description, ...measured };
}
