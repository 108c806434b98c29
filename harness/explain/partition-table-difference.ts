import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { safeText, utf16Text } from '../measure/event-text.ts';

/** UEFI 2.11, 5.3.2 and 5.3.3: fields of the GPT header and of a partition entry. */
const HEADER_BYTES = 92;
const ALTERNATE_LBA_OFFSET = 32;
const DISK_GUID_OFFSET = 56;
const ENTRY_SIZE_OFFSET = 84;
const NAME_BYTES = 72;

/** A sentence tells of its first differences only. */
const MOST_DIFFERENCES = 8;

type Partition = Readonly<
  Record<'name' | 'type' | 'guid' | 'place' | 'attributes' | 'bytes', string>
>;

type Table = {
  readonly diskGuid: string;
  /** Where the backup is: the disk's last sector. */
  readonly lastLba: bigint;
  readonly partitions: readonly Partition[];
};

/**
 * What differs between two measured partition tables.
 *
 * @param a UEFI_GPT_DATA of one side (TCG PC Client PFP 1.06, 10.2.5)
 * @param b of the other side
 * @returns e.g. `the disk's GUID differs: … → …; partition root has moved: LBA 34–60 → 34–80`
 */
export function partitionTableDifference(a: Uint8Array, b: Uint8Array): string {
  const [ofA, ofB] = [readTable(a), readTable(b)];
  if (ofA === undefined || ofB === undefined) return 'the partition table differs';
  const parts = [
    ...(ofA.diskGuid === ofB.diskGuid
      ? []
      : [`the disk's GUID differs: ${ofA.diskGuid} → ${ofB.diskGuid}`]),
    ...(ofA.lastLba === ofB.lastLba
      ? []
      : [`the disk's last sector differs: ${ofA.lastLba} → ${ofB.lastLba}`]),
    ...partitionDifferences(ofA.partitions, ofB.partitions),
  ];
  const more = parts.length - MOST_DIFFERENCES;
  return (
    [...parts.slice(0, MOST_DIFFERENCES), ...(more > 0 ? [`${more} more differences`] : [])].join(
      '; ',
    ) || 'the partition table differs in its header'
  );
}

/** Which disk it is, for people. */
export function partitionTableContent(bytes: Uint8Array): string {
  const table = readTable(bytes);
  if (table === undefined) return 'no readable partition table';
  const names = table.partitions
    .slice(0, MOST_DIFFERENCES)
    .map(({ name, guid }) => `${name} ${guid}`);
  return `disk ${table.diskGuid} with ${safeText(names.join(', '))}`;
}

/** Partitions are the same by their name, and those of one name by their place among them. */
function partitionDifferences(a: readonly Partition[], b: readonly Partition[]): readonly string[] {
  const [ofA, ofB] = [byName(a), byName(b)];
  return [
    ...[...ofA].flatMap(([key, partition]) => {
      const other = ofB.get(key);
      return other === undefined
        ? [`partition ${partition.name} is missing`]
        : change(partition, other);
    }),
    ...[...ofB].flatMap(([key, { name }]) =>
      ofA.has(key) ? [] : [`there is a partition ${name} more`],
    ),
    ...(isReordered(ofA, ofB) ? ['the partitions stand in another order'] : []),
  ];
}

function byName(partitions: readonly Partition[]): ReadonlyMap<string, Partition> {
  const counts = new Map<string, number>();
  return new Map(
    partitions.map((partition) => {
      const count = counts.get(partition.name) ?? 0;
      counts.set(partition.name, count + 1);
      return [`${count} ${partition.name}`, partition];
    }),
  );
}

function isReordered(
  a: ReadonlyMap<string, Partition>,
  b: ReadonlyMap<string, Partition>,
): boolean {
  const [common, others] = [
    [...a.keys()].filter((key) => b.has(key)),
    [...b.keys()].filter((key) => a.has(key)),
  ];
  return common.some((key, at) => key !== others[at]);
}

function change(a: Partition, b: Partition): readonly string[] {
  const differs = (field: keyof Partition, what: string) =>
    a[field] === b[field] ? [] : [`partition ${a.name} has ${what}: ${a[field]} → ${b[field]}`];
  const parts = [
    ...differs('guid', 'another UUID'),
    ...differs('type', 'another type'),
    ...differs('place', 'moved or another size'),
    ...differs('attributes', 'other attributes'),
  ];
  if (parts.length > 0 || a.bytes === b.bytes) return parts;
  return [`partition ${a.name} differs`];
}

function readTable(bytes: Uint8Array): Table | undefined {
  try {
    return parse(new Cursor('', bytes));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function parse(cursor: Cursor): Table {
  const header = cursor.sub(HEADER_BYTES, 'GPT header');
  header.take(ALTERNATE_LBA_OFFSET, 'GPT header');
  const lastLba = header.u64('alternate LBA');
  header.take(DISK_GUID_OFFSET - ALTERNATE_LBA_OFFSET - 8, 'GPT header');
  const diskGuid = header.guid('disk GUID');
  header.take(ENTRY_SIZE_OFFSET - DISK_GUID_OFFSET - 16, 'GPT header');
  const entryBytes = header.u32('size of a partition entry');
  const count = cursor.size64('number of partitions');
  const partitions: Partition[] = [];
  while (partitions.length < count)
    partitions.push(readPartition(cursor.take(entryBytes, 'entry')));
  return { diskGuid, lastLba, partitions };
}

function readPartition(bytes: Uint8Array): Partition {
  const cursor = new Cursor('', bytes);
  const type = cursor.guid('partition type');
  const guid = cursor.guid('partition GUID');
  const place = `LBA ${cursor.u64('first LBA')}–${cursor.u64('last LBA')}`;
  const attributes = `0x${cursor.u64('attributes').toString(16)}`;
  const name = utf16Text(cursor.take(NAME_BYTES, 'partition name'));
  return {
    name: name === '' ? guid : safeText(name),
    type,
    guid,
    place,
    attributes,
    bytes: Buffer.from(bytes).toString('hex'),
  };
}
