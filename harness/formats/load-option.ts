import type { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16 } from '../bytes/utf16.ts';
import { type DevicePath, readDevicePath } from './device-path.ts';

/** LOAD_OPTION_ACTIVE: without it the boot manager passes the option over. */
const ACTIVE = 0x00000001;

/** EFI_LOAD_OPTION: the value of a `Boot####` variable. */
export type LoadOption = {
  readonly attributes: number;
  readonly isActive: boolean;
  readonly description: string;
  /** What to load, and device paths that belong to it; there is at least one. */
  readonly paths: readonly DevicePath[];
  /** What the loaded image is given. */
  readonly optionalData: Uint8Array;
};

/**
 * Reads a load option.
 *
 * @param cursor covers the variable's value, little-endian; nothing is left of it afterwards
 * @throws FormatError where the description has no end, or the device paths do not fill their list
 * @see UEFI 2.11, 3.1.3
 */
export function readLoadOption(cursor: Cursor): LoadOption {
  const attributes = cursor.u32('load option attributes');
  const listLength = cursor.u16('length of the file path list');
  const description = readText(cursor);
  const list = cursor.sub(listLength, 'file path list');
  const paths: DevicePath[] = [];
  do paths.push(readDevicePath(list));
  while (list.remaining > 0);
  return {
    attributes,
    isActive: (attributes & ACTIVE) !== 0,
    description,
    paths,
    optionalData: cursor.take(cursor.remaining, 'optional data'),
  };
}

/** UTF-16 text up to its terminator, which is passed too. */
function readText(cursor: Cursor): string {
  const units: number[] = [];
  for (;;) {
    const unit = cursor.u16('description up to its NUL');
    if (unit === 0) return decodeUtf16(new Uint8Array(Uint16Array.from(units).buffer));
    units.push(unit);
  }
}
