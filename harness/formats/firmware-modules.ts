import type { ByteSource } from '../bytes/source.ts';
import { decodeUtf16z } from '../bytes/utf16.ts';
import { driverImage } from './driver-image.ts';
import type { FirmwareFile } from './firmware-file.ts';
import { readSections, SECTION_TYPE } from './firmware-section.ts';
import { readFirmwareVolumes } from './firmware-volume.ts';

/** A program of the firmware. */
export type FirmwareModule = {
  /** GUID of its file. */
  readonly guid: string;
  /** As its file shows it to people; its GUID where that shows nothing. */
  readonly name: string;
  /** The PE image in the file. */
  readonly image: Uint8Array;
};

/**
 * The programs of a firmware image, volumes that are compressed included. SEC and PEI modules that are
 * stored as TE images are left out.
 *
 * @param image the flash image with the firmware's code
 * @throws FormatError where a volume, file, section or compressed data is damaged
 */
export function readFirmwareModules(image: ByteSource): readonly FirmwareModule[] {
  return readFirmwareVolumes(image)
    .flatMap(({ files }) => files)
    .filter(({ type }) => PROGRAM_TYPES.has(type))
    .map((file) => ({
      guid: file.name,
      name: userInterfaceName(file) ?? file.name,
      image: driverImage(file),
    }))
    .filter((module) => module.image.length > 0);
}

/** EFI_FV_FILETYPE_… of files that hold a program (UEFI PI 1.9, Vol. 3, 2.1.4). */
const PROGRAM_TYPES: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8, 9]);

/**
 * The text of a file's user interface section (UEFI PI 1.9, Vol. 3, 3.2.5, EFI_SECTION_USER_INTERFACE).
 *
 * @returns `undefined` where it has none
 * @throws FormatError where a section is damaged
 */
export function userInterfaceName(file: FirmwareFile): string | undefined {
  for (const { type, content } of readSections(file.content())) {
    if (type === SECTION_TYPE.userInterface) {
      return decodeUtf16z(content.take(content.remaining, 'user interface section'));
    }
  }
  return undefined;
}
