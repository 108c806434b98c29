import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import { decodeUtf16z, encodeUtf16 } from '../../bytes/utf16.ts';
import type { DevicePath } from '../../formats/device-path.ts';
import { readDevicePath } from '../../formats/device-path.ts';

/** LOAD_OPTION_… bits (UEFI 2.11, 3.1.3). */
export const LOAD_OPTION = {
  active: 0x00000001,
  hidden: 0x00000008,
  categoryApp: 0x00000100,
} as const;

/** A boot option as edk2's boot manager works with it: of several device paths, the first. */
export type BootOption = {
  readonly attributes: number;
  readonly description: string;
  /** The device path in bytes, end node included. */
  readonly path: Uint8Array;
  readonly optionalData: Uint8Array;
};

/**
 * The value of a `Boot####` variable (EFI_LOAD_OPTION, little-endian).
 *
 * @param option what it boots
 */
export function bootOptionData(option: BootOption): Uint8Array {
  const { attributes, description, path, optionalData } = option;
  const head = Buffer.alloc(6);
  head.writeUInt32LE(attributes, 0);
  head.writeUInt16LE(path.length, 4);
  return Buffer.concat([head, encodeUtf16(`${description}\0`), path, optionalData]);
}

/**
 * Reads the value of a `Boot####` variable as the boot manager does: only the first device path of
 * the list has to be sound.
 *
 * @param data the variable's value
 * @returns `undefined` where the boot manager takes the variable for damaged, and deletes it
 * @see edk2, MdeModulePkg/Library/UefiBootManagerLib/BmLoadOption.c (BmValidateOption)
 */
export function readBootOption(data: Uint8Array): BootOption | undefined {
  try {
    const cursor = new Cursor('boot option', data);
    const attributes = cursor.u32('attributes');
    const listLength = cursor.u16('length of the file path list');
    const description = decodeUtf16z(data.subarray(6));
    if (description === undefined || listLength === 0) return undefined;
    cursor.take(2 * (description.length + 1), 'description');
    const list = cursor.take(listLength, 'file path list');
    const path = firstPath(list);
    const optionalData = cursor.take(cursor.remaining, 'optional data');
    return { attributes, description, path, optionalData };
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * The nodes of an option's device path.
 *
 * @param option an option that was read
 * @throws FormatError where the path is not sound, which it is in an option that was read
 */
export function pathOf({ path }: BootOption): DevicePath {
  return readDevicePath(new Cursor('device path', path));
}

/** Whether two options lead to the same device path. */
export function samePath(one: BootOption, other: BootOption): boolean {
  return Buffer.compare(one.path, other.path) === 0;
}

/** Whether two options are the same (edk2, EfiBootManagerFindLoadOption). */
export function sameOption(one: BootOption, other: BootOption): boolean {
  return Buffer.compare(bootOptionData(one), bootOptionData(other)) === 0;
}

function firstPath(list: Uint8Array): Uint8Array {
  const cursor = new Cursor('file path list', list);
  readDevicePath(cursor);
  return list.subarray(0, cursor.offset);
}
