import type { GptPartition } from '../../formats/gpt-partition.ts';
import type { VolumeTree } from '../../formats/volume-tree.ts';

/**
 * What systemd measures of a file system: where it is mounted, and what libblkid says of it and of its
 * partition.
 *
 * @param path where it is mounted
 * @param volume its type, UUID and label
 * @param partition the partition that it fills
 * @see systemd src/shared/pcrextend-util.c (pcrextend_file_system_word)
 */
export function fileSystemWord(
  path: string,
  { type, uuid, label }: Omit<VolumeTree, 'root'>,
  partition: Pick<GptPartition, 'guid' | 'type' | 'name'>,
): string {
  const parts = [path, type, uuid, label, partition.guid, partition.type, partition.name];
  return ['file-system', ...parts.map(escaped)].join(':');
}

/** Backslashes, colons, and whatever is not printable ASCII; byte by byte (src/basic/escape.c, xescape). */
function escaped(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x20 || byte >= 0x7f || character === '\\' || character === ':'
      ? `\\x${byte.toString(16).padStart(2, '0')}`
      : character;
  }).join('');
}
