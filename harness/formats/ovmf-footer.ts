import { Cursor } from '../bytes/cursor.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';

/** The table ends this many bytes before the end of the image: there the reset vector starts. */
const RESET_VECTOR_BYTES = 0x20;

/** GUID of the entry that ends the table and gives its size. */
const FOOTER = '96b582de-1fb2-45f7-baea-a366c55a082d';

/** Bytes of size and GUID that follow each entry's data. */
const TRAILER_BYTES = 18;

/** GUIDs of the entries that are known (edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm). */
export const FOOTER_GUIDS = {
  sevHashTable: '7255371f-3a3b-4b04-927b-1da6efa8d454',
  sevSecret: '4c2eb361-7d9b-4cc3-8081-127c90d3d294',
  sevEsReset: '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
  sevMetadata: 'dc886566-984a-4798-a75e-5585a7bf67cc',
  tdxMetadata: 'e47a6535-984a-4798-865e-4685a7bf8ec2',
  svsmInfo: 'a789a612-0597-4c4b-a49f-cbb1fe9d1ddd',
} as const;

/** An entry of the table at the end of an OVMF image. */
export type FooterEntry = {
  readonly guid: string;
  readonly data: Uint8Array;
  /** Where the data is, in bytes from the start of the image. */
  readonly offset: number;
};

/**
 * Reads the table of GUIDs at the end of an OVMF image, by which firmware and VMM agree on what goes
 * where.
 *
 * @param image the flash image with the firmware's code; it ends at 4 GiB of guest memory
 * @returns the entries in the order in which a VMM finds them: from the end backwards; none where the
 *   image has no such table
 * @throws FormatError where the table's size or an entry's makes no sense
 */
export function readOvmfFooter(image: ByteSource): readonly FooterEntry[] {
  const end = image.size - RESET_VECTOR_BYTES;
  if (end < TRAILER_BYTES) return [];
  const footer = readTrailer(image, end);
  if (footer.guid !== FOOTER) return [];
  const start = end - footer.size;
  if (footer.size < TRAILER_BYTES || start < 0) {
    throw footer.cursor.errorAt(
      end - TRAILER_BYTES,
      'a size of the footer table',
      `${footer.size}`,
    );
  }
  const entries: FooterEntry[] = [];
  let position = end - TRAILER_BYTES;
  while (position > start) {
    const { guid, size, cursor } = readTrailer(image, position);
    if (size < TRAILER_BYTES || position - size < start) {
      const expected = `an entry of ${TRAILER_BYTES} to ${position - start} bytes`;
      throw cursor.errorAt(position - TRAILER_BYTES, expected, `${size}`);
    }
    const offset = position - size;
    const data = readRange(image, offset, size - TRAILER_BYTES, 'footer table entry');
    entries.push({ guid, data, offset });
    position = offset;
  }
  return entries;
}

function readTrailer(image: ByteSource, end: number) {
  const cursor = Cursor.over(image, end - TRAILER_BYTES, TRAILER_BYTES, 'footer table entry');
  const size = cursor.u16('entry size');
  return { size, guid: cursor.guid('entry GUID'), cursor };
}
