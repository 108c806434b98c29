import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import { readFirmwareVolumes } from '../../formats/firmware-volume.ts';
import type { OvmfBuild } from '../../formats/ovmf-build.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { Firmware } from '../firmware/firmware.ts';
import { firmwareEvent } from '../firmware/firmware-events.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';

const PCR = 1;

/** File name of the driver that installs QEMU's tables (OvmfPkg/AcpiPlatformDxe). */
const ACPI_DRIVER = '17985e6f-e778-4d94-aefa-c5dd2b77e186';

/** EV_POSTCODE_INFO_ACPI_DATA, the text that the events have: a driver that knows it measures. */
const ACPI_DATA = Buffer.from('ACPI DATA\0');

/** QEMU's script for the firmware: which files to load, and how to link the tables in them. */
const TABLE_LOADER = 'etc/table-loader';

/** QEMU, hw/acpi/bios-linker-loader.c (BiosLinkerLoaderEntry). */
const ENTRY_BYTES = 128;
const ALLOCATE = 1;
const FILE_NAME_BYTES = 56;

/**
 * Forecasts what the firmware measures of QEMU's ACPI tables, while it installs them.
 *
 * @param forecast which banks
 * @param firmware which build
 * @param platform QEMU's tables
 * @throws FormatError where a table, or a driver of the firmware, is damaged
 */
export function predictAcpiTables(
  forecast: Forecast,
  { build }: Pick<Firmware, 'build'>,
  { fwCfg }: Platform,
): Contribution {
  if (!measuresAcpiTables(build)) return computed();
  return fwCfg === undefined
    ? unknown([PCR], 'QEMU makes the ACPI tables for the machine, of which nothing is said')
    : computed(...acpiTableEvents(forecast, fwCfg));
}

/**
 * Whether the firmware measures the ACPI tables that it gets from QEMU: edk2-stable202302 and later.
 *
 * @param build the firmware
 * @throws FormatError where the firmware's drivers are damaged
 * @see edk2, commit 935343cf1639a28530904a1e8d73d6517a07cbff
 */
export function measuresAcpiTables({ dxeVolume }: Pick<OvmfBuild, 'dxeVolume'>): boolean {
  const driver = readFirmwareVolumes(dxeVolume)
    .flatMap(({ files }) => files)
    .find(({ name }) => name === ACPI_DRIVER);
  if (driver === undefined) return false;
  const content = driver.content();
  return Buffer.from(content.take(content.remaining, 'ACPI driver')).includes(ACPI_DATA);
}

/**
 * Forecasts what a firmware of which {@link measuresAcpiTables} holds measures of QEMU's ACPI tables:
 * the loader's script, then each file in the order in which the script allocates it, before anything
 * in it is linked.
 *
 * @param forecast which banks
 * @param fwCfg QEMU's fw_cfg files by name, with the bytes that the firmware reads after it has set
 *   up PCI
 * @throws FormatError where the script is damaged or names a file that is not there
 * @see edk2, OvmfPkg/Library/AcpiPlatformLib/QemuFwCfgAcpi.c (InstallQemuFwCfgTables,
 *   ProcessCmdAllocate)
 */
export function acpiTableEvents(
  { banks }: Forecast,
  fwCfg: ReadonlyMap<string, Uint8Array>,
): readonly ExpectedEvent[] {
  return [TABLE_LOADER, ...allocatedFiles(fileNamed(TABLE_LOADER, fwCfg))].map((name) => {
    const bytes = fileNamed(name, fwCfg);
    const description = `ACPI data of QEMU: ${name}, ${bytes.length} bytes`;
    const event = { pcr: PCR, type: 'EV_PLATFORM_CONFIG_FLAGS', description };
    return firmwareEvent(banks, event, bytes);
  });
}

function fileNamed(name: string, fwCfg: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const bytes = fwCfg.get(name);
  if (bytes !== undefined) return bytes;
  throw new FormatError({
    file: 'fw_cfg',
    offset: 0,
    expected: `a file ${name}`,
    found: `${fwCfg.size} other files`,
  });
}

function allocatedFiles(script: Uint8Array): readonly string[] {
  const cursor = new Cursor(TABLE_LOADER, script);
  const names: string[] = [];
  while (cursor.remaining > 0) {
    const entry = cursor.sub(ENTRY_BYTES, 'entry');
    if (entry.u32('command') === ALLOCATE) {
      names.push(textOf(entry.take(FILE_NAME_BYTES, 'file name')));
    }
  }
  return names;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
