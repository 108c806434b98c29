import { createHash } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { type HashedStream, streamChunks } from '../bytes/hashed-stream.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { HashName } from './hash-name.ts';
import { inFileOrder, type PeImage } from './pe.ts';
import type { FileRange } from './pe-headers.ts';

/**
 * Authenticode digests of an image, as firmware measures and verifies it: the headers without
 * CheckSum and without the entry of the certificate table, the sections in the order of the file,
 * then what follows them, without the certificate table. Nothing is padded.
 *
 * @param source the image; each byte is read once
 * @param pe its headers
 * @param banks which digests to compute
 * @returns lower-case hex, one digest a bank
 * @throws FormatError where the certificate table covers bytes of a section
 * @see "Windows Authenticode Portable Executable Signature Format", as edk2
 *   SecurityPkg/Tcg/Tcg2Dxe/MeasureBootPeCoff.c does it
 */
export function authenticodeDigests<Name extends HashName>(
  source: ByteSource,
  pe: PeImage,
  banks: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const hashes = banks.map((bank) => ({ bank, hash: createHash(bank) }));
  for (const chunk of streamChunks(source, authenticodeStream(source, pe))) {
    for (const { hash } of hashes) hash.update(chunk);
  }
  const digests: Partial<Record<Name, string>> = {};
  for (const { bank, hash } of hashes) digests[bank] = hash.digest('hex');
  return digests;
}

/**
 * The bytes of an image that its Authenticode digest is of.
 *
 * @param source the image
 * @param pe its headers
 * @throws FormatError where the certificate table covers bytes of a section
 */
export function authenticodeStream(source: ByteSource, pe: PeImage): HashedStream {
  const runs = hashedRanges(source, pe).map(({ offset, size }) => ({ offset, length: size }));
  return { what: 'the image', runs, zeros: 0 };
}

function hashedRanges(source: ByteSource, pe: PeImage): readonly FileRange[] {
  const sections = inFileOrder(pe.sections);
  const hashed = sections.reduce((sum, { rawSize }) => sum + rawSize, pe.headerSize);
  return [
    ...headerRanges(pe),
    ...sections.map(({ rawOffset, rawSize }) => ({ offset: rawOffset, size: rawSize })),
    trailer(source, pe, hashed),
  ];
}

function headerRanges(pe: PeImage): readonly FileRange[] {
  const holes = [{ offset: pe.checksumOffset, size: 4 }];
  if (pe.certificateDirectoryOffset !== undefined) {
    holes.push({ offset: pe.certificateDirectoryOffset, size: 8 });
  }
  const starts = [0, ...holes.map(({ offset, size }) => offset + size)];
  const ends = [...holes.map(({ offset }) => offset), pe.headerSize];
  return starts.map((offset, index) => ({ offset, size: (ends[index] ?? offset) - offset }));
}

/** What is behind the hashed bytes: it begins at their *number*, even where sections leave gaps. */
function trailer(source: ByteSource, pe: PeImage, hashed: number): FileRange {
  const size = source.size - hashed - (pe.certificateTable?.size ?? 0);
  if (size < 0 && source.size > hashed) {
    throw new FormatError({
      file: source.name,
      offset: hashed,
      expected: `a certificate table of at most ${source.size - hashed} bytes`,
      found: `${pe.certificateTable?.size} bytes`,
    });
  }
  return { offset: Math.min(hashed, source.size), size: Math.max(0, size) };
}
