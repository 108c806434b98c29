import { join } from 'node:path';
import type { ByteSource } from '../bytes/source.ts';
import { packedSections, readFirmwareVolumes } from '../formats/firmware-volume.ts';
import { packedKey, rememberUnpacked, unpackedBefore } from '../formats/unpacked-lzma.ts';
import { openSource } from '../host/file-source.ts';
import { KeptBytes } from '../host/kept-bytes.ts';

/** Builds whose volumes are kept; each takes some 16 MiB. */
const MOST_KEPT = 8;

/**
 * Unpacks what is packed in a firmware, for all that read it later in this process; or takes it from the
 * cache, where an earlier process has left it: to unpack it is a quarter of a forecast.
 *
 * @param path of the flash image with the firmware's code
 * @param cache directory of what is kept between runs
 * @throws UsageError where the file cannot be read; FormatError where the firmware is damaged
 */
export async function unpackFirmware(path: string, cache: string): Promise<void> {
  using image = await openSource(path);
  const kept = new KeptBytes(join(cache, 'unpacked-firmware'), MOST_KEPT);
  for (const packed of packedSections(image)) {
    const key = packedKey(packed);
    if (unpackedBefore(key) === undefined) await unpack(image, key, kept);
  }
}

async function unpack(image: ByteSource, key: string, kept: KeptBytes): Promise<void> {
  const before = await kept.get(key);
  if (before !== undefined) return rememberUnpacked(key, before);
  readFirmwareVolumes(image);
  const unpacked = unpackedBefore(key);
  // A cache that cannot be written costs time, and no more.
  if (unpacked !== undefined) await kept.put(key, unpacked).catch(() => undefined);
}
