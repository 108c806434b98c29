import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { FOOTER_GUIDS, type FooterEntry, readOvmfFooter } from '../formats/ovmf-footer.ts';
import { type GuestArea, type OvmfSev, readOvmfSev } from '../formats/ovmf-sev.ts';
import { PAGE_BYTES } from './page-info.ts';

/** A firmware image ends at 4 GiB of guest memory. */
const FOUR_GIB = 0x1_0000_0000;

/** QEMU maps no larger firmware below 4 GiB; what is larger is none. */
const MAX_FIRMWARE_BYTES = 64 << 20;

/** The footer ends this many bytes before the end of the image. */
const FOOTER_FROM_END = 0x32;

/** A firmware image as it is measured. */
export type LaunchFirmware = {
  readonly name: string;
  /** All of the image. */
  readonly bytes: Uint8Array;
  /** Guest physical address of its first byte. */
  readonly gpa: number;
  /** What it says about SEV. */
  readonly sev: OvmfSev;
  readonly footer: readonly FooterEntry[];
};

/**
 * Reads a firmware image for a launch.
 *
 * @param source OVMF image, or an SVSM's
 * @param end guest physical address behind its last byte
 * @throws FormatError where its size is no number of pages, or its table or metadata is damaged
 */
export function readLaunchFirmware(source: ByteSource, end = FOUR_GIB): LaunchFirmware {
  const { name, size } = source;
  const isWhole = size > 0 && size % PAGE_BYTES === 0 && end % PAGE_BYTES === 0;
  if (!isWhole || size > Math.min(end, MAX_FIRMWARE_BYTES)) {
    throw new FormatError({
      file: name,
      offset: 0,
      expected: `a firmware image of 4 KiB to ${MAX_FIRMWARE_BYTES >> 20} MiB in whole pages below 0x${end.toString(16)}`,
      found: `${size} bytes`,
    });
  }
  const footer = readOvmfFooter(source);
  const bytes = readRange(source, 0, size, 'firmware image');
  return { name, bytes, gpa: end - size, sev: readOvmfSev(source, footer), footer };
}

/** What a launch can need of a firmware's footer, by the names of its GUIDs. */
export type FooterName = keyof typeof FOOTER_GUIDS;

/**
 * That a firmware lacks what a launch needs: which GUID was looked for, and what there is.
 *
 * @param what what the entry is for, e.g. `hashes of kernel, initrd and command line`
 */
export function lacks(firmware: LaunchFirmware, name: FooterName, what: string): FormatError {
  const { footer } = firmware;
  const guid = FOOTER_GUIDS[name];
  const isThere = footer.some((entry) => entry.guid === guid);
  return new FormatError({
    file: firmware.name,
    offset: Math.max(0, firmware.bytes.length - FOOTER_FROM_END),
    expected: `${what} (footer entry ${guid})`,
    found: isThere ? 'an entry that names no area (base=0 size=0)' : describeFooter(footer),
  });
}

/**
 * Where the hashes of kernel, initrd and command line go.
 *
 * @throws FormatError where the firmware has no place for them
 */
export function hashTableArea(firmware: LaunchFirmware): GuestArea {
  const area = firmware.sev.hashTable;
  if (area !== undefined) return area;
  throw lacks(
    firmware,
    'sevHashTable',
    'an area for the hashes of kernel, initrd and command line',
  );
}

/**
 * Where an SVSM starts (COCONUT-SVSM, its footer's info block).
 *
 * @returns guest physical address
 * @throws FormatError where the image is no SVSM's
 */
export function svsmEntry(svsm: LaunchFirmware): number {
  const entry = svsm.footer.find(({ guid }) => guid === FOOTER_GUIDS.svsmInfo);
  if (entry === undefined) throw lacks(svsm, 'svsmInfo', 'where the SVSM starts');
  const info = new Cursor(svsm.name, entry.data, 'little', entry.offset);
  return svsm.gpa + info.u32('offset of the entry point of the SVSM');
}

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(FOOTER_GUIDS).map(([name, guid]) => [guid, name]),
);

/** More entries would not be read. */
const NAMED_ENTRIES = 8;

function describeFooter(footer: readonly FooterEntry[]): string {
  if (footer.length === 0) return 'no footer table of OVMF';
  const names = footer
    .slice(0, NAMED_ENTRIES)
    .map(({ guid }) => (NAMES.has(guid) ? `${guid} (${NAMES.get(guid)})` : guid));
  return `a footer with ${names.join(', ')}${footer.length > NAMED_ENTRIES ? ' …' : ''}`;
}
