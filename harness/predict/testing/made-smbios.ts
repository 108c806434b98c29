import { type SmbiosStructure, smbiosStructureBytes } from '../../formats/smbios-structures.ts';
import type { QemuSmbios } from '../platform/smbios-table.ts';

/**
 * fw_cfg's SMBIOS table and entry point (DMTF DSP0134 3.8, 5.2 and 6.1).
 *
 * @param structures the table without its end
 * @param version major and minor number
 * @param anchor of 32 bits, or of 64
 */
export function makeQemuSmbios(
  structures: readonly SmbiosStructure[],
  version: readonly [number, number],
  anchor: '_SM_' | '_SM3_' = version[0] === 2 ? '_SM_' : '_SM3_',
): QemuSmbios {
  const end = Buffer.of(127, 4, 0, 0x7f, 0, 0);
  const tables = Buffer.concat([...structures.map(smbiosStructureBytes), end]);
  const entryPoint = Buffer.alloc(anchor === '_SM_' ? 31 : 24);
  entryPoint.write(anchor);
  entryPoint.set(version, anchor === '_SM_' ? 6 : 7);
  if (anchor === '_SM_') {
    entryPoint.write('_DMI_', 16);
    entryPoint.writeUInt16LE(tables.length, 22);
  } else {
    entryPoint.writeUInt32LE(tables.length, 12);
  }
  return { anchor: entryPoint, tables };
}
