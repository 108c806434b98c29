import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { FILE_TYPE, readFirmwareFiles } from '../formats/firmware-file.ts';
import { readSections, SECTION_TYPE } from '../formats/firmware-section.ts';
import { readFirmwareVolumeHeader } from '../formats/firmware-volume-header.ts';

/** `e_lfanew` of a DOS header: where the PE header is. */
const PE_OFFSET_FIELD = 0x3c;

/** Signature and file header before a PE's optional header. */
const OPTIONAL_HEADER = 24;

/** The optional header's magic of PE32+, and ImageBase in the two kinds of headers. */
const PE32_PLUS = 0x20b;
const IMAGE_BASE = { pe32: 28, pe32Plus: 24 };

/** EFI_TE_IMAGE_HEADER: its size, StrippedSize and ImageBase in it. */
const TE_HEADER_BYTES = 40;
const TE_STRIPPED_SIZE = 6;
const TE_IMAGE_BASE = 16;

/** OVMF's volumes in memory start at pages. */
const PAGE_BYTES = 4096;

/**
 * Where in memory a firmware runs its PEI modules. They run in place, so the build has relocated
 * each to the address that it will have: that of the PEI core tells where the volume is to be.
 *
 * @param volume the volume with the PEI modules, as it is in flash
 * @returns guest physical address of the volume's first byte
 * @throws FormatError where the volume or its PEI core is damaged, or was built for no such address
 * @see UEFI PI 1.9, Vol. 3, 3.2.5 (sections); Vol. 1, 15.1 (TE image header); PE/COFF 2.4 and 3.4
 */
export function peiVolumeAddress(volume: ByteSource): number {
  const { offset, base } = peiCore(volume);
  const address = base - offset;
  if (address > 0 && address % PAGE_BYTES === 0) return address;
  throw new FormatError({
    file: volume.name,
    offset,
    expected: 'a PEI core that was built for an address in memory',
    found: `image base 0x${base.toString(16)}`,
  });
}

/** Where the image of the PEI core begins in the volume, and the address that it was built for. */
function peiCore(volume: ByteSource): { readonly offset: number; readonly base: number } {
  const header = readFirmwareVolumeHeader(volume, 0);
  for (const file of readFirmwareFiles(volume, header)) {
    if (file.type !== FILE_TYPE.peiCore) continue;
    for (const { type, content } of readSections(file.content())) {
      if (type === SECTION_TYPE.pe32) return { offset: content.offset, base: baseOfPe(content) };
      if (type === SECTION_TYPE.te) return baseOfTe(content);
    }
  }
  throw new FormatError({
    file: volume.name,
    offset: 0,
    expected: 'a PEI core with an executable image',
    found: 'none',
  });
}

function baseOfPe(image: Cursor): number {
  const whole = reader(image);
  const optional = whole(PE_OFFSET_FIELD).u32('offset of the PE header') + OPTIONAL_HEADER;
  const isPlus = whole(optional).u16('optional header magic') === PE32_PLUS;
  return isPlus
    ? whole(optional + IMAGE_BASE.pe32Plus).size64('ImageBase')
    : whole(optional + IMAGE_BASE.pe32).u32('ImageBase');
}

/** A TE image is a PE image whose headers were cut off; its base still counts from where they began. */
function baseOfTe(image: Cursor) {
  const start = image.offset;
  const whole = reader(image);
  const stripped = whole(TE_STRIPPED_SIZE).u16('StrippedSize');
  const base = whole(TE_IMAGE_BASE).size64('ImageBase');
  return { offset: start + TE_HEADER_BYTES - stripped, base };
}

/** Opens an image at any of its offsets. */
function reader(image: Cursor): (offset: number) => Cursor {
  const start = image.offset;
  const bytes = image.take(image.remaining, 'image');
  return (offset) => {
    const cursor = new Cursor(image.file, bytes, 'little', start);
    cursor.take(offset, 'image');
    return cursor;
  };
}
