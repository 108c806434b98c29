import type { FirmwareFile } from './firmware-file.ts';
import { readSections, SECTION_TYPE } from './firmware-section.ts';

/** How many texts of a driver are looked at, and how long one may be, in characters. */
const MAX_TEXTS = 1024;
const MAX_LENGTH = 128;

/**
 * The PE images of a driver, as one buffer to search in.
 *
 * @param file a file of a firmware volume
 * @throws FormatError where its sections are damaged
 */
export function driverImage(file: FirmwareFile): Buffer {
  const images = [...readSections(file.content())].filter(({ type }) => type === SECTION_TYPE.pe32);
  return Buffer.concat(images.map(({ content }) => content.take(content.remaining, 'PE image')));
}

/**
 * Runs of printable ASCII in UTF-16LE that a NUL ends. What stands before a text may look like a part of it.
 *
 * @param image a driver's image
 * @param minLength in characters
 */
export function textsOfImage(image: Buffer, minLength: number): readonly string[] {
  const texts: string[] = [];
  let run = '';
  for (let offset = 0; offset + 1 < image.length && texts.length < MAX_TEXTS; offset += 2) {
    const unit = image.readUInt16LE(offset);
    if (unit === 0 && run.length >= minLength) texts.push(run);
    const isPrintable = unit >= 0x20 && unit <= 0x7e && run.length < MAX_LENGTH;
    run = isPrintable ? run + String.fromCharCode(unit) : '';
  }
  return texts;
}
