import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { FILE_TYPE, type FirmwareFile, readFirmwareFiles } from './firmware-file.ts';
import { type FirmwareSection, readSections, SECTION_TYPE } from './firmware-section.ts';
import {
  type FirmwareVolumeHeader,
  hasFirmwareVolumeSignature,
  readFirmwareVolumeHeader,
} from './firmware-volume-header.ts';
import { unpackedLzma } from './unpacked-lzma.ts';

/** Volumes of an image start at multiples of this many bytes. */
const VOLUME_ALIGNMENT = 4096;

/** QEMU's flash on Arm, the largest; keeps a disk that is given by mistake from being searched. */
const MAX_IMAGE_BYTES = 64 << 20;

/** gLzmaCustomDecompressGuid: the section's content is LZMA. */
const LZMA = 'ee4e5898-3914-4259-9d6e-dc7bd79403cf';

/** What all compressed sections may hold together; four times what OVMF has. */
const MAX_UNPACKED_BYTES = 64 << 20;

/** What compressed sections may hold for each byte of the image; OVMF's hold eight. */
const MAX_RATIO = 64;

/** How many volumes there may be; OVMF has four. */
const MAX_VOLUMES = 256;

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
 * @returns each volume before those inside it; volumes without a file system for firmware are left out
 * @throws FormatError where a volume, file, section or compressed data is damaged, or there is more
 *   than firmware has
 */
export function readFirmwareVolumes(source: ByteSource): readonly FirmwareVolume[] {
  return new VolumeReader(source.size).read(source, volumesOfFiles(source));
}

/**
 * What is packed in a firmware image, as it stands there: the content of sections that are LZMA. What they
 * hold in their turn is not looked into.
 *
 * @param source a flash image
 * @throws FormatError where a volume, file or section is damaged
 */
export function packedSections(source: ByteSource): readonly Uint8Array[] {
  return volumesOfFiles(source)
    .flatMap((header) => [...readFirmwareFiles(source, header)])
    .filter(({ type }) => type === FILE_TYPE.volumeImage)
    .flatMap(({ content }) => [...readSections(content())])
    .filter(isPacked)
    .map(({ content }) => content.take(content.remaining, 'packed section'));
}

function volumesOfFiles(source: ByteSource): readonly FirmwareVolumeHeader[] {
  return findFirmwareVolumes(source).filter(({ fileSystem }) =>
    FIRMWARE_FILE_SYSTEMS.includes(fileSystem),
  );
}

function isPacked({ type, guid }: FirmwareSection): boolean {
  return type === SECTION_TYPE.guidDefined && guid === LZMA;
}

/** Keeps account of what was unpacked: a small file can claim to hold any amount. */
class VolumeReader {
  readonly #volumes: FirmwareVolume[] = [];
  #roomBytes: number;

  constructor(imageBytes: number) {
    this.#roomBytes = Math.min(MAX_UNPACKED_BYTES, MAX_RATIO * imageBytes);
  }

  read(source: ByteSource, headers: readonly FirmwareVolumeHeader[]): readonly FirmwareVolume[] {
    for (const header of headers) this.#readVolume(source, header, MAX_DEPTH);
    return this.#volumes;
  }

  #readVolume(source: ByteSource, header: FirmwareVolumeHeader, depth: number): void {
    const files = [...readFirmwareFiles(source, header)];
    this.#volumes.push({
      source: sliceSource(source, header.offset, header.length, 'firmware volume'),
      files,
    });
    for (const { type, content } of files) {
      if (type === FILE_TYPE.volumeImage) this.#readImages(content(), depth);
    }
  }

  /** Reads the volumes that sections hold, unpacked where they are compressed. */
  #readImages(sections: Cursor, depth: number): void {
    const { offset } = sections;
    if (depth === 0) throw sections.errorAt(offset, 'no further nesting', 'a section');
    for (const section of readSections(sections)) {
      const { type, content } = section;
      if (type === SECTION_TYPE.volumeImage) this.#readImage(content, depth);
      else if (isPacked(section)) this.#readImages(this.#unpack(content), depth - 1);
    }
  }

  #readImage(content: Cursor, depth: number): void {
    const { file, offset } = content;
    if (this.#volumes.length === MAX_VOLUMES) {
      throw content.errorAt(offset, `at most ${MAX_VOLUMES} volumes`, 'another');
    }
    const name = `${file} (volume at 0x${offset.toString(16)})`;
    const image = bytesSource(name, content.take(content.remaining, 'volume image'));
    this.#readVolume(image, readFirmwareVolumeHeader(image, 0), depth - 1);
  }

  #unpack(content: Cursor): Cursor {
    const unpacked = unpackedLzma(content, this.#roomBytes);
    this.#roomBytes -= unpacked.length;
    return new Cursor(`${content.file} (unpacked)`, unpacked);
  }
}
