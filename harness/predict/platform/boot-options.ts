import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import { filePathOf } from '../../formats/device-path-media.ts';
import { findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';
import { type LoadOption, readLoadOption } from '../../formats/load-option.ts';

/**
 * The boot options of a variable store that lead to a file: the firmware may start one of them before
 * it looks for a default boot file.
 *
 * @param store the variables that the boot sees
 * @returns the files, in the order of BootOrder
 * @see UEFI 2.11, 3.1.2 and 3.3
 */
export function bootOptionFiles(store: Pick<VariableStore, 'variables'>): readonly string[] {
  const order = readVariable(store, 'BootOrder') ?? new Uint8Array(0);
  return numbersOf(order)
    .map((number) => `Boot${number.toString(16).toUpperCase().padStart(4, '0')}`)
    .flatMap((name) => readOption(name, readVariable(store, name)) ?? [])
    .filter(({ isActive }) => isActive)
    .flatMap(({ paths: [path] }) => filePathOf(path?.[0] ?? []) ?? []);
}

function readVariable({ variables }: Pick<VariableStore, 'variables'>, name: string) {
  return findVariable(variables, { guid: VARIABLE_GUIDS.global, name })?.data;
}

/** 16-bit little-endian numbers. */
function numbersOf(order: Uint8Array): readonly number[] {
  const cursor = new Cursor('BootOrder', order);
  return Array.from({ length: Math.floor(order.length / 2) }, () => cursor.u16('option number'));
}

/** The firmware passes over an option that makes no sense. */
function readOption(name: string, data: Uint8Array | undefined): LoadOption | undefined {
  if (data === undefined) return undefined;
  try {
    return readLoadOption(new Cursor(name, data));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
