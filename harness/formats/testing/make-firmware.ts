import { brotliDecompressSync } from 'node:zlib';
import { guidBytes } from '../../bytes/guid.ts';
import { makeLzma } from './make-lzma.ts';

const FFS2 = '8c8ce578-8a3d-4f1c-9935-896185c32dd3';
const LZMA = 'ee4e5898-3914-4259-9d6e-dc7bd79403cf';

const FORTY_MEBIBYTES = [
  'G3wX+Gcwj8zJ1A/E5sIGHGiCgWjAuoJcBiiiBQAwgGjY3NngABB1CytNNA5eo79QEph5MSbIwhoxVb8F3f7XsY+x',
  'r2om3+WYuNUkJ2j2mlL7V6UJQIu/qOFF7CAsBtu+fv/yG/Ktk4cRGUFnb0m2HBKr9ef3eZWI0+dfZFND3k6BEU9A',
  'cpC39EaebcRc0bdkH0h2ME5Lg6wBElMDkbOJWklDh0jlz21/w7hyeM/1ib3b1I4iDojzoZRidLOHidjcJPHOUdd4',
  '8i6w3eTyygwB+dfSfsffP7ps/huUZtSyv470JH6y2KOIRa+xup8MiL3OT3BatWJJqjnKZuNhQth5P32CTX6ibUAF',
  'zIpYLX/Dj/+UcnMaTmclfMTFTDvMM+j9/MoR5EFo6H72mvHWUELfycFp7bBuWnpite9IQNCuIgA=',
];

/** A file of a made volume; what is left out is as for a driver. */
export type MadeFile = {
  readonly name?: string;
  readonly type?: number;
  readonly content: Uint8Array;
  readonly isLarge?: boolean;
  readonly hasChecksum?: boolean;
  readonly state?: number;
};

/** A volume; what is left out is as in OVMF. */
export type MadeVolume = {
  readonly files: readonly MadeFile[];
  readonly size?: number;
  readonly fileSystem?: string;
  readonly hasExtendedHeader?: boolean;
};

/** A firmware volume (UEFI PI 1.9, Vol. 3, 3.2). */
export function makeVolume({
  files,
  size,
  fileSystem = FFS2,
  hasExtendedHeader = false,
}: MadeVolume): Uint8Array {
  const extended = hasExtendedHeader ? makeExtendedHeader() : Buffer.alloc(0);
  const header = Buffer.alloc(72);
  const body = files.reduce(
    (before, file) => Buffer.concat([padded(before, 8, 0xff), makeFile(file)]),
    Buffer.concat([header, extended]),
  );
  const length = size ?? Math.ceil((body.length + 24) / 4096) * 4096;
  header.set(guidBytes(fileSystem), 16);
  header.writeBigUInt64LE(BigInt(length), 32);
  header.write('_FVH', 40, 'latin1');
  header.writeUInt32LE(0x0004feff, 44);
  header.writeUInt16LE(header.length, 48);
  header.writeUInt16LE(hasExtendedHeader ? header.length : 0, 52);
  header.writeUInt8(2, 55);
  header.writeUInt32LE(length / 4096, 56);
  header.writeUInt32LE(4096, 60);
  header.writeUInt16LE(-sum(header, 2) & 0xffff, 50);
  header.copy(body);
  return new Uint8Array(Buffer.concat([body, Buffer.alloc(length - body.length, 0xff)]));
}

function makeExtendedHeader(): Buffer {
  const header = Buffer.alloc(24, 0xee);
  header.writeUInt32LE(24, 16);
  return header;
}

function makeFile(file: MadeFile): Buffer {
  const { content, isLarge = false, hasChecksum = false } = file;
  const header = Buffer.alloc(isLarge ? 32 : 24);
  const size = header.length + content.length;
  header.set(guidBytes(file.name ?? '11111111-2222-3333-4444-555555555555'));
  header.writeUInt8(file.type ?? 0x07, 18);
  header.writeUInt8((isLarge ? 0x01 : 0) | (hasChecksum ? 0x40 : 0), 19);
  header.writeUIntLE(isLarge ? 0 : size, 20, 3);
  if (isLarge) header.writeBigUInt64LE(BigInt(size), 24);
  header.writeUInt8(-sum(header, 1) & 0xff, 16);
  header.writeUInt8(hasChecksum ? -sum(content, 1) & 0xff : 0xaa, 17);
  header.writeUInt8(file.state ?? 0xf8, 23);
  return Buffer.concat([header, content]);
}

/** Sections, one after the other (UEFI PI 1.9, Vol. 3, 3.2.5). */
export function makeSections(...sections: readonly Uint8Array[]): Uint8Array {
  return sections.reduce(
    (before, section) => Buffer.concat([padded(Buffer.from(before), 4, 0), section]),
    new Uint8Array(0),
  );
}

/** A section; one with a long header says its size in 32 bits. */
export function makeSection(type: number, content: Uint8Array, isLong = false): Uint8Array {
  const header = Buffer.alloc(isLong ? 8 : 4);
  const size = header.length + content.length;
  header.writeUIntLE(isLong ? 0xffffff : size, 0, 3);
  header.writeUInt8(type, 3);
  if (isLong) header.writeUInt32LE(size, 4);
  return Buffer.concat([header, content]);
}

/** A section with sections in LZMA. */
export function makeLzmaSection(content: Uint8Array): Uint8Array {
  return lzmaSection(makeLzma(content));
}

/** A section of 6 KiB that unpacks to 40 MiB: a raw section of zeros. Made by liblzma 5.8; kept as Brotli. */
export function makeLargeLzmaSection(): Uint8Array {
  return lzmaSection(brotliDecompressSync(Buffer.from(FORTY_MEBIBYTES.join(''), 'base64')));
}

function lzmaSection(packed: Uint8Array): Uint8Array {
  const header = Buffer.concat([guidBytes(LZMA), Uint8Array.of(24, 0, 1, 0)]);
  return makeSection(0x02, Buffer.concat([header, packed]));
}

function padded(bytes: Buffer, multiple: number, fill: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (multiple - 1), fill)]);
}

function sum(bytes: Uint8Array, width: 1 | 2): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += width) {
    total += width === 1 ? (bytes[at] ?? 0) : (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 0x100;
  }
  return total;
}
