import { byteCount, guessText, safeText } from './event-text.ts';

/** Describes an event field that is text, or whose meaning only its writer knows. */
export function describeText(data: Uint8Array): string {
  if (data.length === 0) return 'no data';
  const text = guessText(data);
  return text === undefined ? byteCount(data.length) : safeText(text);
}

/**
 * Describes a separator: `separator`, or `separator after an error` with what the firmware says of
 * it (TCG PC Client PFP 1.06, Error Conditions). 0 and 0xffffffff both mean success.
 */
export function describeSeparator(data: Uint8Array): string {
  const success = data.length === 4 && (isAll(data, 0x00) || isAll(data, 0xff));
  return success ? 'separator' : `separator after an error: ${describeText(data)}`;
}

function isAll(data: Uint8Array, value: number): boolean {
  return data.every((byte) => byte === value);
}
