import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import { readSmbiosAnchor, type SmbiosAnchor } from '../../formats/smbios-anchor.ts';
import {
  END_OF_TABLE,
  readSmbiosStructures,
  type SmbiosStructure,
  smbiosStructureBytes,
} from '../../formats/smbios-structures.ts';

/** Handles up to this one may be given; the end of the table has it. SMBIOS 2.0 had more. */
const LAST_HANDLE = 0xfeff;

/** A table of SMBIOS 2 has a length of 16 bits. */
const MAX_TABLE_2_BYTES = 0xffff;

/** Type 0: information about the firmware. */
const BIOS_INFORMATION = 0;

/** What fw_cfg has of SMBIOS. */
export type QemuSmbios = {
  /** `etc/smbios/smbios-anchor`: the entry point. */
  readonly anchor: Uint8Array;
  /** `etc/smbios/smbios-tables`: the structure table. */
  readonly tables: Uint8Array;
};

/**
 * The SMBIOS table that OVMF makes of QEMU's.
 *
 * @param qemu entry point and structure table
 * @param biosStrings vendor, version and date of the type 0 structure, which OVMF adds where QEMU has none
 * @returns the structures in the order of the table, its end included; none where OVMF does not accept
 *   QEMU's table; `undefined` where it cannot be known what OVMF makes of it
 * @throws FormatError where a structure is damaged
 * @see edk2, OvmfPkg/Library/SmbiosVersionLib, OvmfPkg/SmbiosPlatformDxe, MdeModulePkg/Universal/SmbiosDxe
 */
export function smbiosTable(
  { anchor, tables }: QemuSmbios,
  biosStrings: readonly [string, string, string] | undefined,
): readonly SmbiosStructure[] | undefined {
  const version = acceptedAnchor(anchor, tables.length);
  if (version === undefined) return [];
  // Older versions bound the length of a string and have other handles: QEMU has not made them for years.
  if (version.major === 2 && version.minor < 7) return undefined;
  const cursor = new Cursor('etc/smbios/smbios-tables', tables);
  const accepted = withUsableHandles(readSmbiosStructures(cursor));
  const withBios = withBiosInformation(accepted, biosStrings);
  if (withBios === undefined) return undefined;
  const table = [...withBios, endOfTable()];
  return version.major === 2 && tableBytes(table) > MAX_TABLE_2_BYTES ? undefined : table;
}

/** An entry point that OVMF does not believe makes it leave QEMU's table alone. */
function acceptedAnchor(anchor: Uint8Array, bytes: number): SmbiosAnchor | undefined {
  if (bytes === 0) return undefined;
  try {
    const read = readSmbiosAnchor(anchor);
    const hasItsVersion = read.major === (anchor[3] === '_'.charCodeAt(0) ? 2 : 3);
    return hasItsVersion && read.tableBytes === bytes ? read : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** A structure whose handle is reserved, or taken by one before it, is not added. */
function withUsableHandles(structures: readonly SmbiosStructure[]): readonly SmbiosStructure[] {
  const taken = new Set<number>();
  return structures.filter(({ handle }) => {
    if (handle > LAST_HANDLE || taken.has(handle)) return false;
    taken.add(handle);
    return true;
  });
}

function withBiosInformation(
  structures: readonly SmbiosStructure[],
  strings: readonly string[] | undefined,
): readonly SmbiosStructure[] | undefined {
  if (structures.some(({ type }) => type === BIOS_INFORMATION)) return structures;
  if (strings === undefined) return undefined;
  const taken = new Set(structures.map(({ handle }) => handle));
  let handle = 0;
  while (taken.has(handle)) handle++;
  return [...structures, biosInformation(handle, strings)];
}

/** OVMF's own: says that it is a virtual machine with UEFI, and little else. */
function biosInformation(handle: number, strings: readonly string[]): SmbiosStructure {
  return {
    type: BIOS_INFORMATION,
    handle,
    // Vendor, version, segment, date, size; characteristics, with extension; releases; large size.
    fields: Uint8Array.of(
      ...[1, 2, 0x00, 0xe8, 3, 0],
      ...[0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x1c],
      ...[0, 0, 0xff, 0xff, 0, 0],
    ),
    strings: strings.map((text) => Buffer.from(text, 'latin1')),
  };
}

function endOfTable(): SmbiosStructure {
  return { type: END_OF_TABLE, handle: LAST_HANDLE, fields: new Uint8Array(0), strings: [] };
}

function tableBytes(table: readonly SmbiosStructure[]): number {
  return table.reduce((bytes, structure) => bytes + smbiosStructureBytes(structure).length, 0);
}
