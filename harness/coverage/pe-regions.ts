import { inFileOrder, type PeImage } from '../formats/pe.ts';
import { type Protection, type Region, UNPROTECTED } from './region.ts';
import { tile } from './tile.ts';

/** Size of CheckSum, and of the offset and size that locate the certificate table, in bytes. */
const CHECKSUM_BYTES = 4;
const FIELD_BYTES = 4;

/** Bytes that say where other bytes of the image are. */
const STEERING: Protection = { detectedBy: [], steers: true };

/**
 * The parts of a PE image. What is measured of them is not said here.
 *
 * @param pe its headers
 * @param size size of the file in bytes
 * @param isVerified whether Secure Boot looks at its signature
 * @returns regions of the file, in order and without gaps
 */
export function peRegions(pe: PeImage, size: number, isVerified: boolean): readonly Region[] {
  return tile(
    { start: 0, end: size },
    [
      ...headerRegions(pe, !isVerified),
      ...sectionRegions(pe),
      ...certificateRegions(pe, isVerified),
    ],
    { what: 'data behind the sections', ...UNPROTECTED },
  );
}

/** The checksum and the place of the certificate table are left out of the Authenticode digest. */
function headerRegions(pe: PeImage, isUnverified: boolean): readonly Region[] {
  const { checksumOffset, certificateDirectoryOffset: directory, headerSize } = pe;
  const holes: readonly Region[] = [
    {
      start: checksumOffset,
      end: checksumOffset + CHECKSUM_BYTES,
      what: 'CheckSum',
      ...UNPROTECTED,
    },
    ...(directory === undefined ? [] : directoryRegions(directory, isUnverified)),
  ];
  return tile({ start: 0, end: headerSize }, holes, { what: 'PE headers', ...STEERING });
}

/** The digest ends where as many bytes are left as the table has; where it is, only a verifier asks. */
function directoryRegions(directory: number, isUnverified: boolean): readonly Region[] {
  const end = directory + FIELD_BYTES;
  const partly = 'without Secure Boot it counts only where it leads out of the file';
  return [
    {
      start: directory,
      end,
      what: 'place of the certificate table',
      detectedBy: [isUnverified ? 'firmware refuses' : 'Secure Boot signature'],
      ...(isUnverified && { partly }),
      steers: true,
    },
    {
      start: end,
      end: end + FIELD_BYTES,
      what: 'size of the certificate table',
      detectedBy: isUnverified ? ['PCR 4'] : ['Secure Boot signature'],
      steers: true,
    },
  ];
}

function sectionRegions({ sections }: PeImage): readonly Region[] {
  return inFileOrder(sections).flatMap(({ name, rawOffset, rawSize, virtualSize }) => {
    const stored = rawOffset + Math.min(rawSize, virtualSize);
    return [
      { start: rawOffset, end: stored, what: name || 'section', ...UNPROTECTED },
      {
        start: stored,
        end: rawOffset + rawSize,
        what: `padding of ${name || 'section'}`,
        ...UNPROTECTED,
      },
    ];
  });
}

function certificateRegions({ certificateTable }: PeImage, isVerified: boolean): readonly Region[] {
  if (certificateTable === undefined) return [];
  const { offset, size } = certificateTable;
  const verified: Protection = {
    detectedBy: ['Secure Boot signature'],
    partly: 'some fields of a signature are neither signed nor looked at',
    steers: true,
  };
  const protection = isVerified ? verified : UNPROTECTED;
  return [{ start: offset, end: offset + size, what: 'certificate table', ...protection }];
}
