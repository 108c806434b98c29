import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { FOOTER_GUIDS, type FooterEntry } from './ovmf-footer.ts';

/** `ASEV`, and the only version of the metadata. */
const METADATA_SIGNATURE = new TextEncoder().encode('ASEV');
const METADATA_VERSION = 1;

/** Bytes of the metadata's header and of a section. */
const METADATA_HEADER_BYTES = 16;
const SECTION_BYTES = 12;

/** What a section of guest memory is for (edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm). */
export const SEV_SECTION = {
  secMemory: 1,
  secrets: 2,
  cpuid: 3,
  svsmCaa: 4,
  kernelHashes: 0x10,
} as const;

/** A range of guest memory: physical address and size in bytes. */
export type GuestArea = { readonly base: number; readonly size: number };

/** A range of guest memory that the VMM prepares before an SNP guest starts. */
export type SevSection = GuestArea & {
  /** One of {@link SEV_SECTION}, or a number that is not known here. */
  readonly type: number;
};

/** What an OVMF image says about SEV. */
export type OvmfSev = {
  /** Where QEMU puts the hashes of kernel, initrd and command line; absent where the build has no use for them. */
  readonly hashTable: GuestArea | undefined;
  /** Where a launch secret goes. */
  readonly secret: GuestArea | undefined;
  /** Where the other vCPUs of an SEV-ES guest start: physical address. */
  readonly apResetEip: number | undefined;
  /** In the order of the file, which is the order in which they are measured; absent where SNP is not supported. */
  readonly sections: readonly SevSection[] | undefined;
};

/**
 * Reads what an OVMF image says about SEV.
 *
 * @param image the flash image with the firmware's code
 * @param footer the table at its end
 * @throws FormatError where an entry is too short, or the metadata is damaged
 */
export function readOvmfSev(image: ByteSource, footer: readonly FooterEntry[]): OvmfSev {
  const find = (guid: string) => {
    const entry = footer.find((candidate) => candidate.guid === guid);
    return entry && new Cursor(image.name, entry.data, 'little', entry.offset);
  };
  const metadata = find(FOOTER_GUIDS.sevMetadata);
  return {
    hashTable: readArea(find(FOOTER_GUIDS.sevHashTable)),
    secret: readArea(find(FOOTER_GUIDS.sevSecret)),
    apResetEip: find(FOOTER_GUIDS.sevEsReset)?.u32('SEV-ES reset address'),
    sections: metadata && readSections(image, metadata),
  };
}

/** A build that shares the table but has no area says so with zeros. */
function readArea(entry: Cursor | undefined): GuestArea | undefined {
  if (entry === undefined) return undefined;
  const area = { base: entry.u32('area base'), size: entry.u32('area size') };
  return area.base === 0 || area.size === 0 ? undefined : area;
}

function readSections(image: ByteSource, entry: Cursor): readonly SevSection[] {
  const fromEnd = entry.u32('offset of the SEV metadata from the end');
  const start = image.size - fromEnd;
  const header = Cursor.over(image, start, METADATA_HEADER_BYTES, 'SEV metadata');
  header.expect(METADATA_SIGNATURE, 'SEV metadata signature');
  const length = header.u32('SEV metadata length');
  const version = header.u32('SEV metadata version');
  const count = header.u32('number of SEV sections');
  if (version !== METADATA_VERSION) {
    throw header.errorAt(start + 8, `SEV metadata version ${METADATA_VERSION}`, `${version}`);
  }
  if (length !== METADATA_HEADER_BYTES + count * SECTION_BYTES) {
    throw header.errorAt(start + 4, `a length that ${count} sections have`, `${length}`);
  }
  const sections = Cursor.over(
    image,
    start + METADATA_HEADER_BYTES,
    count * SECTION_BYTES,
    'SEV metadata',
  );
  return Array.from({ length: count }, () => ({
    base: sections.u32('section address'),
    size: sections.u32('section size'),
    type: sections.u32('section type'),
  }));
}
