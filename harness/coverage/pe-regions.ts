import { inFileOrder, type PeImage } from '../formats/pe.ts';
import { type Protection, type Region, UNPROTECTED } from './region.ts';
import { tile } from './tile.ts';

/** Size of CheckSum, and of the offset and size that locate the certificate table, in bytes. */
const CHECKSUM_BYTES = 4;
const FIELD_BYTES = 4;

/** Sections that have a say in what is measured further on. */
const INSTRUCTIONS = ['.sdmagic', '.cmdline', '.initrd', '.linux', '.profile', '.uname'];

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
      ...headerRegions(pe, isVerified),
      ...sectionRegions(pe),
      ...certificateRegions(pe, isVerified),
    ],
    { what: 'data behind the sections', ...UNPROTECTED },
  );
}

/** The checksum and the place of the certificate table are left out of the Authenticode digest. */
function headerRegions(pe: PeImage, isVerified: boolean): readonly Region[] {
  const { checksumOffset, certificateDirectoryOffset: directory, headerSize } = pe;
  const holes: readonly Region[] = [
    {
      start: checksumOffset,
      end: checksumOffset + CHECKSUM_BYTES,
      what: 'CheckSum',
      ...UNPROTECTED,
    },
    ...(directory === undefined ? [] : directoryRegions(pe, directory, isVerified)),
  ];
  return tile({ start: 0, end: headerSize }, holes, { what: 'PE headers', ...STEERING });
}

/**
 * The digest ends as many bytes before the end of the file as the table has. Where the table is, only who
 * verifies it asks.
 */
function directoryRegions({ certificateTable }: PeImage, start: number, isVerified: boolean) {
  const place = { start, end: start + FIELD_BYTES, what: 'place of the certificate table' };
  const size = {
    start: start + FIELD_BYTES,
    end: start + 2 * FIELD_BYTES,
    what: 'size of the certificate table',
  };
  const unsigned = 'without data behind the sections it counts only where it leads out of the file';
  const placed = 'without Secure Boot it counts only where it leads out of the file';
  if (certificateTable === undefined) {
    return [
      { ...place, ...UNPROTECTED },
      { ...size, detectedBy: ['PCR 4'], partly: unsigned, steers: true },
    ] as const;
  }
  if (isVerified) {
    const detectedBy = ['Secure Boot signature'] as const;
    return [
      { ...place, detectedBy, steers: true },
      { ...size, detectedBy, steers: true },
    ] as const;
  }
  return [
    { ...place, detectedBy: ['firmware refuses'], partly: placed, steers: true },
    { ...size, detectedBy: ['PCR 4'], steers: true },
  ] as const;
}

function sectionRegions({ sections }: PeImage): readonly Region[] {
  return inFileOrder(sections).flatMap(({ name, rawOffset, rawSize, virtualSize }) => {
    const stored = rawOffset + Math.min(rawSize, virtualSize);
    return [
      {
        start: rawOffset,
        end: stored,
        what: name || 'section',
        ...(INSTRUCTIONS.includes(name) ? STEERING : UNPROTECTED),
      },
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
