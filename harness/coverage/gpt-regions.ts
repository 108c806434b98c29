import type { Gpt } from '../formats/gpt.ts';
import { GPT_HEADER_BYTES } from '../formats/gpt-header.ts';
import { isUsedEntry } from '../formats/gpt-partition.ts';
import { type Protection, type Region, UNPROTECTED } from './region.ts';

/** Size of the MBR, offset of its four records, size of one, and offset of its signature, in bytes. */
const MBR_BYTES = 512;
const MBR_RECORDS = 446;
const MBR_RECORD_BYTES = 16;
const MBR_SIGNATURE = 510;

/** Where a record has its type, and where its first sector. */
const RECORD_TYPE = { start: 4, end: 5 };
const RECORD_FIRST_LBA = { start: 8, end: 12 };

/** The measurement of the table that the firmware uses. */
const MEASURED: Protection = {
  detectedBy: ['PCR 5'],
  partly:
    'a table whose checksum no longer fits is restored from the other one, and measured as it was',
  steers: true,
};

/**
 * The bytes of a disk that say where its partitions are.
 *
 * @param gpt its partition table
 * @param diskBytes size of the disk
 */
export function gptRegions(gpt: Gpt, mbr: Uint8Array, diskBytes: number): readonly Region[] {
  const { header, sectorBytes, table } = gpt;
  const arrayBytes = header.entryCount * header.entryBytes;
  const other = table === 'primary' ? 'backup' : 'primary';
  const otherHeader = header.alternateLba * sectorBytes;
  return [
    ...mbrRegions(mbr),
    ...usedTable(gpt),
    {
      start: otherHeader,
      end: otherHeader + sectorBytes,
      what: `${other} GPT header`,
      ...UNPROTECTED,
    },
    ...otherEntries(gpt, diskBytes, arrayBytes, other),
  ].filter(({ start, end }) => start < end);
}

function mbrRegions(mbr: Uint8Array): readonly Region[] {
  const record = [0, 1, 2, 3]
    .map((index) => MBR_RECORDS + index * MBR_RECORD_BYTES)
    .find((offset) => mbr[offset + RECORD_TYPE.start] === 0xee);
  const what = 'protective MBR';
  const refused: Protection = { detectedBy: ['firmware refuses'] };
  const fields = [RECORD_TYPE, RECORD_FIRST_LBA].map((field) => ({
    start: (record ?? MBR_RECORDS) + field.start,
    end: (record ?? MBR_RECORDS) + field.end,
    what: 'protective MBR record',
    ...refused,
  }));
  return [
    { start: 0, end: MBR_RECORDS, what: 'protective MBR code and disk signature', ...UNPROTECTED },
    ...fields,
    {
      start: MBR_SIGNATURE,
      end: MBR_BYTES,
      what: 'protective MBR signature',
      detectedBy: ['Linux refuses'],
    },
    // What the others leave of the records.
    ...gapsOf(fields, { start: MBR_RECORDS, end: MBR_SIGNATURE }).map((gap) => ({
      ...gap,
      what,
      ...UNPROTECTED,
    })),
  ];
}

function gapsOf(
  fields: readonly { readonly start: number; readonly end: number }[],
  { start, end }: { readonly start: number; readonly end: number },
) {
  const starts = [start, ...fields.map((field) => field.end)];
  const ends = [...fields.map((field) => field.start), end];
  return starts.map((at, index) => ({ start: at, end: ends[index] ?? end }));
}

/** The header and entries that the firmware uses and measures. */
function usedTable({ header, entries, sectorBytes, table }: Gpt): readonly Region[] {
  const start = header.lba * sectorBytes;
  const name = table === 'primary' ? 'GPT' : 'backup GPT';
  const first = header.entriesLba * sectorBytes;
  return [
    { start, end: start + GPT_HEADER_BYTES, what: `${name} header`, ...MEASURED },
    {
      start: start + GPT_HEADER_BYTES,
      end: start + sectorBytes,
      what: `rest of the sector of the ${name} header`,
      ...UNPROTECTED,
    },
    ...entries.map((entry, index) => ({
      start: first + index * header.entryBytes,
      end: first + (index + 1) * header.entryBytes,
      ...(isUsedEntry(entry)
        ? { what: `${name} entry ${index + 1}`, ...MEASURED }
        : { what: `unused ${name} entries`, ...UNPROTECTED }),
    })),
  ];
}

/** The table that is used only to restore the other: a backup lies before its header, a primary behind. */
function otherEntries(
  { header, sectorBytes }: Gpt,
  diskBytes: number,
  arrayBytes: number,
  other: string,
): readonly Region[] {
  const at = header.alternateLba * sectorBytes;
  const length = Math.ceil(arrayBytes / sectorBytes) * sectorBytes;
  const start = other === 'backup' ? at - length : at + sectorBytes;
  if (start < 0 || start + length > diskBytes) return [];
  return [{ start, end: start + length, what: `${other} GPT entries`, ...UNPROTECTED }];
}
