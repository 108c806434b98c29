import type { Cursor } from '../bytes/cursor.ts';
import { u24 } from './firmware-file.ts';

/** A size field of a section that says: the size is in the longer header. */
const EXTENDED = 0xffffff;

/** Sections start at multiples of this many bytes. */
const ALIGNMENT = 4;

/** Types of sections that are looked into. */
export const SECTION_TYPE = {
  guidDefined: 0x02,
  pe32: 0x10,
  te: 0x12,
  version: 0x14,
  userInterface: 0x15,
  volumeImage: 0x17,
  raw: 0x19,
} as const;

/** A section of a firmware file. */
export type FirmwareSection = {
  /** EFI_SECTION_…. */
  readonly type: number;
  /** GUID of the encoding where the type is `guidDefined`. */
  readonly guid: string | undefined;
  /** The content, encoded where the section is GUID-defined. */
  readonly content: Cursor;
};

/**
 * Walks through sections that follow each other.
 *
 * @param cursor covers the sections, its first byte being aligned; nothing is left of it afterwards
 * @throws FormatError where a section's size is wrong
 * @see UEFI PI 1.9, Vol. 3, 3.2.5
 */
export function* readSections(cursor: Cursor): Generator<FirmwareSection, void, undefined> {
  const base = cursor.offset;
  while (cursor.remaining >= ALIGNMENT) {
    yield readSection(cursor);
    const padding = -(cursor.offset - base) & (ALIGNMENT - 1);
    cursor.take(Math.min(padding, cursor.remaining), 'padding');
  }
}

function readSection(cursor: Cursor): FirmwareSection {
  const start = cursor.offset;
  const smallSize = u24(cursor, 'section size');
  const type = cursor.u8('section type');
  const size = smallSize === EXTENDED ? cursor.u32('section size') : smallSize;
  const passed = cursor.offset - start;
  if (size < passed) throw cursor.errorAt(start, `a section of ${passed} bytes or more`, `${size}`);
  const content = cursor.sub(size - passed, 'section');
  if (type !== SECTION_TYPE.guidDefined) return { type, guid: undefined, content };
  const guid = content.guid('section encoding');
  const dataOffset = content.u16('offset of the section data');
  content.take(2, 'section attributes');
  content.take(dataOffset - (content.offset - start), 'section header');
  return { type, guid, content };
}
