import { type Contribution, computed, inOrder } from '../contribution.ts';
import type { Firmware } from '../firmware/firmware.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';
import { bootVariableEvents } from './boot-variables.ts';
import { isSmbiosMeasuredLast, smbiosHandoffEvents } from './smbios-measurement.ts';

/** What is measured of the machine's configuration when the firmware is ready to boot: PCR 1. */
export type BootConfiguration = {
  readonly beforeSeparators: Contribution;
  readonly afterSeparators: Contribution;
};

/**
 * Forecasts the measurement of boot variables and SMBIOS table. Which comes first depends on the order
 * in which the firmware loads its drivers: the table is measured before the boot variables, or, by a
 * build that keeps variables in SMM, after the separators.
 *
 * @param forecast which banks
 * @param firmware the build, and the variables it starts with
 * @param boot whether a boot option is started, or a kernel that QEMU gives
 * @param platform QEMU's tables
 * @throws FormatError where QEMU's SMBIOS table, or a file of the firmware, is damaged
 */
export function bootConfiguration(
  forecast: Forecast,
  firmware: Firmware,
  boot: 'disk' | 'kernel',
  platform: Platform,
): BootConfiguration {
  const variables = bootVariableEvents(forecast, firmware, boot, platform);
  const table = smbiosHandoffEvents(forecast, firmware, platform);
  return isSmbiosMeasuredLast(firmware)
    ? { beforeSeparators: variables, afterSeparators: table }
    : { beforeSeparators: inOrder(table, variables), afterSeparators: computed() };
}
