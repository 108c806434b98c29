import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { type GptHeader, readGptHeader } from './gpt-header.ts';
import { type GptPartition, gptPartitions } from './gpt-partition.ts';

/** LBA of the primary header. */
const PRIMARY_LBA = 1;

/** Offset of the four partition records of an MBR, size of one, and its type for a GPT disk. */
const MBR_RECORDS = 446;
const MBR_RECORD_BYTES = 16;
const MBR_TYPE_GPT = 0xee;

/** Size of the disk's sectors, in bytes. */
export type SectorBytes = 512 | 4096;

/** A disk's partition table. */
export type Gpt = {
  readonly sectorBytes: SectorBytes;
  /** Whether the primary table is sound; else this is the backup, from which the firmware restores it. */
  readonly table: 'primary' | 'backup';
  readonly header: GptHeader;
  /** Every entry of the table as it is on disk, empty ones included. */
  readonly entries: readonly Uint8Array[];
  /** The partitions that the firmware offers. */
  readonly partitions: readonly GptPartition[];
};

/**
 * Reads the partition table that the firmware would use: a protective MBR, and the primary table or,
 * where that is not sound, the backup in the disk's last sector.
 *
 * @param disk the whole disk
 * @param sectorSizes sizes of sectors in bytes that the disk may have; the first that fits is taken
 * @throws FormatError where there is no sound table: what is wrong with the primary one
 * @see UEFI 2.11, 5.3; edk2, MdeModulePkg/Universal/Disk/PartitionDxe/Gpt.c
 */
export function readGpt(disk: ByteSource, sectorSizes: readonly SectorBytes[] = [512, 4096]): Gpt {
  checkProtectiveMbr(disk);
  const attempts = [
    ...sectorSizes.map((size) => () => readPrimary(disk, size)),
    ...sectorSizes.map((size) => () => readBackup(disk, size)),
  ];
  const errors: FormatError[] = [];
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      errors.push(error);
    }
  }
  throw mostTelling(errors);
}

function readPrimary(disk: ByteSource, sectorBytes: SectorBytes): Gpt {
  return readTable(disk, sectorBytes, 'primary', PRIMARY_LBA);
}

function readBackup(disk: ByteSource, sectorBytes: SectorBytes): Gpt {
  return readTable(disk, sectorBytes, 'backup', Math.floor(disk.size / sectorBytes) - 1);
}

function readTable(
  disk: ByteSource,
  sectorBytes: SectorBytes,
  table: Gpt['table'],
  lba: number,
): Gpt {
  const header = readGptHeader(disk, lba, sectorBytes);
  const entries = readEntries(disk, header, sectorBytes);
  const partitions = gptPartitions(header, entries, {
    name: disk.name,
    size: disk.size,
    sectorBytes,
  });
  return { sectorBytes, table, header, entries, partitions };
}

function readEntries(
  disk: ByteSource,
  { entriesLba, entryCount, entryBytes }: GptHeader,
  sectorBytes: number,
): readonly Uint8Array[] {
  const array = readRange(disk, entriesLba * sectorBytes, entryCount * entryBytes, 'GPT entries');
  return Array.from({ length: entryCount }, (_, index) =>
    array.subarray(index * entryBytes, (index + 1) * entryBytes),
  );
}

/** One of the four records has to be of type 0xEE and start at LBA 1; the rest is not looked at. */
function checkProtectiveMbr(disk: ByteSource): void {
  const mbr = readRange(disk, 0, 512, 'protective MBR');
  const view = new DataView(mbr.buffer, mbr.byteOffset, mbr.byteLength);
  const types = [0, 1, 2, 3].map((index) => {
    const record = MBR_RECORDS + index * MBR_RECORD_BYTES;
    return { type: view.getUint8(record + 4), start: view.getUint32(record + 8, true) };
  });
  if (!types.some(({ type, start }) => type === MBR_TYPE_GPT && start === PRIMARY_LBA)) {
    throw new FormatError({
      file: disk.name,
      offset: MBR_RECORDS,
      expected: 'a protective MBR with a record of type 0xee that starts at LBA 1',
      found: types.map(({ type }) => `type 0x${type.toString(16)}`).join(', '),
    });
  }
}

/** The error of the place that came furthest: where a signature was found, the table was meant to be. */
function mostTelling(errors: readonly FormatError[]): FormatError {
  const withSignature = errors.find(({ expected }) => !expected.startsWith('GPT signature'));
  const error = withSignature ?? errors[0];
  if (error === undefined) throw new TypeError('no sector size to try');
  return error;
}
