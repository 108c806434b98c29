import { statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { readGpt } from '../../harness/formats/gpt.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import { type ChangeContext, toolboxShell } from './toolbox-shell.ts';

/** A partition to be added, with all its bytes. */
export type AddedPartition = {
  readonly type: string;
  readonly uuid: string;
  /** Without blanks. */
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** Appends partitions, a line each in the words of sfdisk; the table is made for the size that the disk has. */
const APPEND = `sfdisk -d "$1" | sed '/^last-lba/d' > "$1.table"
printf %s "$2" >> "$1.table"
sfdisk -q --no-reread "$1" < "$1.table"`;

/** What aligning a partition takes, and the second table. */
const ROOM = 2 << 20;

/**
 * Adds partitions behind those that a disk has, and fills them. The disk grows by what they take.
 *
 * @param disk absolute path of the raw image, in a directory that may be written to
 * @throws InfraError where sfdisk fails
 */
export async function appendPartitions(
  disk: string,
  added: readonly AddedPartition[],
  context: ChangeContext,
): Promise<void> {
  const room = added.reduce((sum, { bytes }) => sum + bytes.length + ROOM, ROOM);
  truncateSync(disk, statSync(disk).size + room);
  const lines = added.map(
    ({ type, uuid, name, bytes }) =>
      `size=${Math.ceil(bytes.length / 512)}, type=${type}, uuid=${uuid}, name=${name}\n`,
  );
  const words = [disk, lines.join('')];
  await toolboxShell({ script: APPEND, words, directory: dirname(disk) }, context);
  using source = await openSource(disk);
  using changed = new FlippableDisk(disk);
  const { partitions } = readGpt(source);
  for (const { uuid, bytes } of added) {
    const place = partitions.find(({ guid }) => guid === uuid)?.offset;
    if (place === undefined) throw new TypeError(`sfdisk has added no partition ${uuid}`);
    changed.write(place, bytes);
  }
}
