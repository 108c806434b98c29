import type { ByteSource } from '../../bytes/source.ts';
import { type FatVolume, listDirectory, openFile } from '../../formats/fat.ts';

/** Longer names are passed over: Linux would not take them. */
const MAX_NAME = 255;

/** A file that systemd-stub picks up. */
export type StubFile = { readonly name: string; readonly source: ByteSource };

/**
 * The files of a folder that systemd-stub picks up for one purpose, in its order: by the numbers of
 * their characters.
 *
 * @param volume the partition
 * @param folder path from the root of the partition
 * @param suffix end of the names, in any case
 * @param exclude end of names that do not count all the same
 * @throws FormatError where the folder or a file is damaged
 * @see systemd src/boot/cpio.c (pack_cpio), src/boot/stub.c (load_addons_from_dir)
 */
export function stubFiles(
  volume: FatVolume,
  folder: string,
  suffix: string,
  exclude?: string,
): readonly StubFile[] {
  return (listDirectory(volume, folder) ?? [])
    .filter(({ isDirectory }) => !isDirectory)
    .map(({ name }) => name)
    .filter((name) => isPickedUp(name) && endsWith(name, suffix))
    .filter((name) => exclude === undefined || !endsWith(name, exclude))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => {
      const source = openFile(volume, `${folder}\\${name}`);
      return source === undefined ? [] : [{ name, source }];
    });
}

function isPickedUp(name: string): boolean {
  return /^(?!\.)[\0-\x7f]*$/.test(name) && name.length <= MAX_NAME;
}

function endsWith(name: string, suffix: string): boolean {
  return name.toLowerCase().endsWith(suffix);
}
