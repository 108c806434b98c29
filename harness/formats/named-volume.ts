import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type FirmwareFile, readFirmwareFiles } from './firmware-file.ts';
import { readFirmwareVolumeHeader } from './firmware-volume-header.ts';

/** The files of a firmware volume, and the name by which device paths lead to them. */
export type NamedVolume = {
  /** FvNameGuid; absent where the volume has no extended header. */
  readonly name: string | undefined;
  readonly files: readonly FirmwareFile[];
};

/**
 * Reads a firmware volume's name and files.
 *
 * @param source the whole volume, header included
 * @throws FormatError where the volume or a file of it is damaged
 * @see UEFI PI 1.9, Vol. 3, 3.2.1.1
 */
export function readNamedVolume(source: ByteSource): NamedVolume {
  const header = readFirmwareVolumeHeader(source, 0);
  const { extHeaderOffset } = header;
  const name =
    extHeaderOffset === 0
      ? undefined
      : Cursor.over(source, extHeaderOffset, 16, 'extended volume header').guid('volume name');
  return { name, files: [...readFirmwareFiles(source, header)] };
}
