import { type OvmfSmbios, readOvmfSmbios } from '../../formats/ovmf-smbios.ts';
import { type SmbiosStructure, smbiosStructureBytes } from '../../formats/smbios-structures.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { Firmware } from '../firmware/firmware.ts';
import { firmwareEvent } from '../firmware/firmware-events.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';
import { filteredStructure, isHeaderOnly } from './smbios-filter.ts';
import { smbiosTable } from './smbios-table.ts';

const PCR = 1;

/** Bytes of a structure's header. */
const HEADER_BYTES = 4;

/**
 * Forecasts the measurement of the SMBIOS table, which OvmfPkgX64 makes since edk2-stable202505 when it
 * is ready to boot; see {@link isSmbiosMeasuredLast} for its place there.
 *
 * @param forecast which banks
 * @param firmware which build
 * @param platform QEMU's SMBIOS table
 * @throws FormatError where QEMU's table, or a file of the firmware, is damaged
 * @see edk2, MdeModulePkg/Universal/SmbiosMeasurementDxe
 */
export function smbiosHandoffEvents(
  { banks }: Forecast,
  { build }: Pick<Firmware, 'build'>,
  { fwCfg }: Platform,
): Contribution {
  const ovmf = readOvmfSmbios(build);
  if (!ovmf.isMeasured) return computed();
  if (fwCfg === undefined)
    return unknown([PCR], 'the SMBIOS table that QEMU makes for this machine');
  const measured = measuredTable(ovmf, fwCfg);
  if (measured === undefined) {
    return unknown([PCR], 'what this firmware makes of QEMU’s SMBIOS table');
  }
  if (measured.length === 0) return computed();
  const event = {
    pcr: PCR,
    type: 'EV_EFI_HANDOFF_TABLES',
    description: `the SMBIOS table, ${measured.length} bytes, without what tells machines apart`,
  };
  return computed(firmwareEvent(banks, event, measured));
}

/**
 * Whether the SMBIOS table is measured after the separators, and not before the boot variables. Of two
 * drivers that wait for the moment of booting, the one that was loaded last is told first: where
 * variables are kept in SMM, the TPM's driver, which measures variables and separators, waits for them.
 *
 * @param firmware which build
 * @see edk2, MdeModulePkg/Core/Dxe/Event/Event.c (CoreCreateEventInternal)
 */
export function isSmbiosMeasuredLast({ build }: Pick<Firmware, 'build'>): boolean {
  return build.needsSmm;
}

function measuredTable(
  { biosStrings }: OvmfSmbios,
  fwCfg: NonNullable<Platform['fwCfg']>,
): Uint8Array | undefined {
  const anchor = fwCfg.get('etc/smbios/smbios-anchor');
  const tables = fwCfg.get('etc/smbios/smbios-tables');
  if (anchor === undefined || tables === undefined) return new Uint8Array(0);
  const parts = smbiosTable({ anchor, tables }, biosStrings)?.map(measuredBytes);
  return parts?.every((part) => part !== undefined) ? Buffer.concat(parts) : undefined;
}

function measuredBytes(structure: SmbiosStructure): Uint8Array | undefined {
  if (isHeaderOnly(structure)) {
    const bytes = smbiosStructureBytes(structure);
    return bytes.fill(0, HEADER_BYTES);
  }
  const filtered = filteredStructure(structure);
  return filtered && smbiosStructureBytes(filtered);
}
