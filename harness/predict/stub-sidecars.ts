import { type FatVolume, listDirectory } from '../formats/fat.ts';

/** Where systemd-stub looks for files for every UKI of the partition. */
const GLOBAL_FOLDERS = ['\\loader\\addons', '\\loader\\credentials', '\\loader\\extensions'];

/** What systemd-stub picks up. */
const SUFFIXES = ['.addon.efi', '.cred', '.raw'];

/**
 * The files beside a UKI that systemd-stub would measure and pass on: addons, credentials and system
 * extensions.
 *
 * @param volume the partition that the UKI is on
 * @param path the UKI's path from the root of the partition
 * @returns their paths
 * @throws FormatError where a directory is damaged
 * @see systemd src/boot/stub.c (load_all_addons, generate_sidecar_initrds)
 */
export function stubSidecars(volume: FatVolume, path: string): readonly string[] {
  return [...GLOBAL_FOLDERS, `${path}.extra.d`].flatMap((folder) =>
    (listDirectory(volume, folder) ?? [])
      .filter(({ isDirectory, name }) => !isDirectory && isPickedUp(name))
      .map(({ name }) => `${folder}\\${name}`),
  );
}

function isPickedUp(name: string): boolean {
  const lower = name.toLowerCase();
  return !lower.startsWith('.') && SUFFIXES.some((suffix) => lower.endsWith(suffix));
}
