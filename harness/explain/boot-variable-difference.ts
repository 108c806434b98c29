import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { devicePathText } from '../formats/device-path.ts';
import { type LoadOption, readLoadOption } from '../formats/load-option.ts';
import { safeText } from '../measure/event-text.ts';

/**
 * What differs between two values of a variable that the boot manager reads.
 *
 * @param name `BootOrder`, or a load option such as `Boot0001`
 * @param a its value on one side
 * @param b its value on the other side
 */
export function bootVariableDifference(name: string, a: Uint8Array, b: Uint8Array): string {
  if (name === 'BootOrder') return `BootOrder differs: ${orderText(a)} → ${orderText(b)}`;
  const [ofA, ofB] = [optionOf(a), optionOf(b)];
  if (ofA === undefined || ofB === undefined) return `${safeText(name)} differs`;
  const fields = [
    ['description', ofA.description, ofB.description],
    ['device path', pathsText(ofA), pathsText(ofB)],
    ['attributes', `0x${ofA.attributes.toString(16)}`, `0x${ofB.attributes.toString(16)}`],
    ['optional data', toHex(ofA.optionalData), toHex(ofB.optionalData)],
  ] as const;
  const parts = fields
    .filter(([, ofOne, ofOther]) => ofOne !== ofOther)
    .map(
      ([what, ofOne, ofOther]) =>
        `${what} ${safeText(ofOne || 'none')} → ${safeText(ofOther || 'none')}`,
    );
  return `${safeText(name)} differs: ${parts.join(', ') || 'its bytes'}`;
}

function orderText(data: Uint8Array): string {
  const bytes = Buffer.from(data);
  const numbers = Array.from({ length: Math.floor(bytes.length / 2) }, (_, at) =>
    bytes
      .readUInt16LE(at * 2)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0'),
  );
  return safeText(numbers.join(', ')) || 'empty';
}

function pathsText({ paths }: LoadOption): string {
  return paths.map(devicePathText).join(', ');
}

function optionOf(data: Uint8Array): LoadOption | undefined {
  try {
    return readLoadOption(new Cursor('', data));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
