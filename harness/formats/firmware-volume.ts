import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { FILE_TYPE, type FirmwareFile, readFirmwareFiles } from './firmware-file.ts';
import { readSections, SECTION_TYPE } from './firmware-section.ts';
import {
  type FirmwareVolumeHeader,
  hasFirmwareVolumeSignature,
  readFirmwareVolumeHeader,
} from './firmware-volume-header.ts';
import { decodeLzma } from './lzma.ts';

/** Volumes of an image start at multiples of this many bytes. */
const VOLUME_ALIGNMENT = 4096;

/** More than a flash chip of any board; keeps a disk that is given by mistake from being searched. */
const MAX_IMAGE_BYTES = 256 << 20;

/** gLzmaCustomDecompressGuid: the section's content is LZMA. */
const LZMA = 'ee4e5898-3914-4259-9d6e-dc7bd79403cf';

/** What one compressed section may hold; four times what OVMF has. */
const MAX_UNPACKED_BYTES = 64 << 20;

/** Sections in sections: OVMF nests them twice. */
const MAX_DEPTH = 8;

/** File systems whose files can be read: FFS2 and, with large files, FFS3. */
const FIRMWARE_FILE_SYSTEMS = [
  '8c8ce578-8a3d-4f1c-9935-896185c32dd3',
  '5473c07a-3dcb-4dca-bd6f-1e9689e7349a',
];

/** A firmware volume with its files. */
export type FirmwareVolume = {
  /** The whole volume, header included. */
  readonly source: ByteSource;
  readonly files: readonly FirmwareFile[];
};

/**
 * Finds the volumes of a firmware image that stand one after the other.
 *
 * @param source a flash image, or what a section holds
 * @returns their headers in the order of the image; other bytes between them are passed over
 * @throws FormatError where a volume's header is damaged, or the image is larger than any flash
 */
export function findFirmwareVolumes(source: ByteSource): readonly FirmwareVolumeHeader[] {
  if (source.size > MAX_IMAGE_BYTES) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: `a firmware image of at most ${MAX_IMAGE_BYTES} bytes`,
      found: `${source.size} bytes`,
    });
  }
  const found: FirmwareVolumeHeader[] = [];
  let offset = 0;
  while (offset < source.size) {
    if (hasFirmwareVolumeSignature(source, offset)) {
      const header = readFirmwareVolumeHeader(source, offset);
      found.push(header);
      offset = Math.ceil((offset + header.length) / VOLUME_ALIGNMENT) * VOLUME_ALIGNMENT;
    } else {
      offset += VOLUME_ALIGNMENT;
    }
  }
  return found;
}

/**
 * Reads the files of every volume of a firmware image, and of the volumes that these hold, unpacking
 * what is compressed.
 *
 * @param source a flash image
 * @returns volumes that hold no other volume before those inside them; volumes without a file system
 *   for firmware are left out
 * @throws FormatError where a volume, file, section or compressed data is damaged
 */
export function readFirmwareVolumes(source: ByteSource): readonly FirmwareVolume[] {
  return findFirmwareVolumes(source)
    .filter(({ fileSystem }) => FIRMWARE_FILE_SYSTEMS.includes(fileSystem))
    .flatMap((header) => readVolume(source, header, MAX_DEPTH));
}

function readVolume(
  source: ByteSource,
  header: FirmwareVolumeHeader,
  depth: number,
): readonly FirmwareVolume[] {
  const files = [...readFirmwareFiles(source, header)];
  const volume = {
    source: sliceSource(source, header.offset, header.length, 'firmware volume'),
    files,
  };
  const inner = files
    .filter(({ type }) => type === FILE_TYPE.volumeImage)
    .flatMap((file) => [...volumeImages(file.content(), depth)]);
  return [
    volume,
    ...inner.flatMap((image) => readVolume(image, readFirmwareVolumeHeader(image, 0), depth - 1)),
  ];
}

/** The volumes that sections hold, unpacked where they are compressed. */
function* volumeImages(sections: Cursor, depth: number): Generator<ByteSource, void, undefined> {
  if (depth === 0) throw sections.errorAt(sections.offset, 'no further nesting', 'a section');
  for (const { type, guid, content } of readSections(sections)) {
    if (type === SECTION_TYPE.volumeImage) {
      const name = `${content.file} (volume at 0x${content.offset.toString(16)})`;
      yield bytesSource(name, content.take(content.remaining, 'volume image'));
    } else if (type === SECTION_TYPE.guidDefined && guid === LZMA) {
      const name = `${content.file} (unpacked)`;
      const unpacked = decodeLzma(content, MAX_UNPACKED_BYTES);
      yield* volumeImages(new Cursor(name, unpacked), depth - 1);
    }
  }
}
