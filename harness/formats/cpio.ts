import { Cursor } from '../bytes/cursor.ts';

const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';

/** A file of an archive. */
export type CpioMember = {
  readonly path: string;
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number;
  readonly data: Uint8Array;
};

/** An archive, and how many bytes it takes. */
export type CpioArchive = { readonly members: readonly CpioMember[]; readonly size: number };

/**
 * Reads a cpio archive of the new format (`070701`, or `070702` with checksums, which are not checked).
 *
 * @param file name for error messages
 * @param bytes the archive, and what may follow it
 * @param base offset of `bytes[0]` in the file
 * @throws FormatError where a header is damaged, or the trailer is missing
 * @see Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function readCpio(file: string, bytes: Uint8Array, base = 0): CpioArchive {
  const cursor = new Cursor(file, bytes, 'little', base);
  const members: CpioMember[] = [];
  for (;;) {
    const { mode, dataBytes, nameBytes } = readHeader(cursor);
    const name = Buffer.from(cursor.take(nameBytes, 'name of a file')).toString('utf8');
    fill(cursor, HEADER_BYTES + nameBytes);
    const path = name.split('\0', 1)[0] ?? '';
    if (path === TRAILER) return { members, size: cursor.offset - base };
    const data = cursor.take(dataBytes, `bytes of ${path}`);
    fill(cursor, dataBytes);
    members.push({ path, mode, data });
  }
}

function readHeader(cursor: Cursor) {
  const start = cursor.offset;
  const text = Buffer.from(cursor.take(HEADER_BYTES, 'header of a file')).toString('latin1');
  if (!/^07070[12][0-9A-Fa-f]{104}$/.test(text)) {
    throw cursor.errorAt(start, 'a cpio header of the new format', text.slice(0, 6));
  }
  const field = (index: number) => Number.parseInt(text.slice(6 + 8 * index, 14 + 8 * index), 16);
  return { mode: field(1), dataBytes: field(6), nameBytes: field(11) };
}

/** Names and data are filled up to a multiple of four; at the end of the file that may be missing. */
function fill(cursor: Cursor, size: number): void {
  cursor.take(Math.min(-size & 3, cursor.remaining), 'padding');
}
