import type { Cursor } from '../bytes/cursor.ts';
import { safeText, utf16Text } from './event-text.ts';

/** UEFI 2.11, 5.3.2 and 5.3.3: offsets of fields of the GPT header and of a partition entry. */
const HEADER_BYTES = 92;
const DISK_GUID_OFFSET = 56;
const ENTRY_SIZE_OFFSET = 84;
const NAME_OFFSET = 56;
const NAME_BYTES = 72;

/** A table names its first partitions only. */
const MOST_NAMES = 16;

/**
 * Describes UEFI_GPT_DATA (TCG PC Client PFP 1.06, 10.2.4): the disk and its partitions' names.
 *
 * @throws FormatError where the structure ends early
 */
export function describeGpt(cursor: Cursor): string {
  const header = cursor.sub(HEADER_BYTES, 'GPT header');
  header.take(DISK_GUID_OFFSET, 'GPT header');
  const disk = header.guid('disk GUID');
  header.take(ENTRY_SIZE_OFFSET - DISK_GUID_OFFSET - 16, 'GPT header');
  const entryBytes = header.u32('size of a partition entry');
  const count = cursor.size64('number of partitions');
  const names: string[] = [];
  for (let index = 0; index < Math.min(count, MOST_NAMES); index++) {
    names.push(partitionName(cursor.sub(entryBytes, 'partition entry')));
  }
  if (count > MOST_NAMES) names.push('…');
  return `disk ${disk}, ${count} partitions: ${safeText(names.join(', '))}`;
}

function partitionName(entry: Cursor): string {
  const type = entry.guid('partition type');
  entry.take(NAME_OFFSET - 16, 'partition entry');
  return utf16Text(entry.take(NAME_BYTES, 'partition name')) || `(${type})`;
}
