import { X509Certificate } from 'node:crypto';
import { Cursor } from '../bytes/cursor.ts';
import { GUID_BYTES } from '../bytes/guid.ts';
import { decodeUtf16z } from '../bytes/utf16.ts';
import type { DevicePathText } from './device-path-text.ts';
import { byteCount, guessText, safeText } from './event-text.ts';
import { readVariableData, type VariableData } from './variable-data.ts';

/**
 * Describes a variable's event: `SecureBoot: 1`, `db: 783 bytes`, `BootOrder: 0002, 0000`,
 * `Boot0002 "UEFI Misc Device": PciRoot(0x0)/…`.
 *
 * @throws FormatError where the event field is no UEFI_VARIABLE_DATA
 */
export function describeVariable(
  bytes: Uint8Array,
  offset: number,
  devicePathText: DevicePathText,
): string {
  const variable = readVariableData('', bytes, offset);
  const name = safeText(variable.name);
  if (variable.name === 'BootOrder') return `${name}: ${bootOrder(variable)}`;
  if (/^(Boot|Driver|SysPrep)[0-9A-F]{4}$/.test(variable.name)) {
    return `${name} ${loadOption(variable, devicePathText)}`;
  }
  return `${name}: ${contentText(variable.data)}`;
}

/**
 * Describes what validated an image: `db: CN=Debian Secure Boot CA`, or shim's `SbatLevel: sbat,1,…`.
 *
 * @throws FormatError where the event field is no UEFI_VARIABLE_DATA
 */
export function describeAuthority(bytes: Uint8Array, offset: number): string {
  const { name, data } = readVariableData('', bytes, offset);
  // EFI_SIGNATURE_DATA has an owner before the certificate; shim's own certificate has none.
  const subject = subjectOf(data.subarray(GUID_BYTES)) ?? subjectOf(data);
  return `${safeText(name)}: ${subject ?? contentText(data)}`;
}

function bootOrder({ data }: VariableData): string {
  const numbers = [];
  for (let at = 0; at + 2 <= data.length; at += 2) {
    const number = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
    numbers.push(number.toString(16).toUpperCase().padStart(4, '0'));
  }
  return safeText(numbers.join(', '));
}

/** EFI_LOAD_OPTION: attributes, size of the path, description, path (UEFI 2.11, 3.1.3). */
function loadOption({ data, dataOffset }: VariableData, devicePathText: DevicePathText): string {
  const cursor = new Cursor('', data, 'little', dataOffset);
  cursor.u32('load option attributes');
  const pathBytes = cursor.u16('size of the file path list');
  const description = decodeUtf16z(data.subarray(cursor.offset - dataOffset));
  if (description === undefined) throw cursor.errorAt(cursor.offset, 'a description', 'no NUL');
  cursor.take(description.length * 2 + 2, 'description and its NUL');
  const path = cursor.take(pathBytes, 'file path list');
  return `"${safeText(description)}": ${safeText(devicePathText(path))}`;
}

function contentText(data: Uint8Array): string {
  if (data.length === 0) return 'empty';
  if (data.length === 1) return `${data[0]}`;
  const text = guessText(data);
  return text === undefined ? byteCount(data.length) : safeText(text);
}

/** One-line subject of a DER certificate; `undefined` where the bytes are none. */
function subjectOf(der: Uint8Array): string | undefined {
  if (der[0] !== 0x30) return undefined;
  try {
    return safeText(new X509Certificate(der).subject.replaceAll('\n', ', '));
  } catch {
    return undefined;
  }
}
