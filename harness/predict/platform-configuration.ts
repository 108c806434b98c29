import { type Contribution, unknown } from './contribution.ts';
import type { Platform } from './platform.ts';
import type { Forecast } from './prediction.ts';

/** What PCR 1 needs that no file holds. */
const WHY =
  'ACPI tables, boot variables and SMBIOS tables are made by QEMU and the firmware for this machine';

/**
 * Forecasts what the firmware measures of the platform's configuration.
 *
 * @param _forecast which banks
 * @param _platform QEMU's tables
 */
export function predictPlatformConfiguration(
  _forecast: Forecast,
  _platform: Platform,
): Contribution {
  return unknown([1], WHY);
}
