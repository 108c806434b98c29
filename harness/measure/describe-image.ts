import type { Cursor } from '../bytes/cursor.ts';
import type { DevicePathText } from './device-path-text.ts';
import { byteCount, safeText } from './event-text.ts';

/**
 * Describes UEFI_IMAGE_LOAD_EVENT (TCG PC Client PFP 1.06, 10.2.3): where the image was loaded from
 * and its size. Images that a boot loader loaded itself often have no path.
 *
 * @throws FormatError where the structure ends early
 */
export function describeImage(cursor: Cursor, devicePathText: DevicePathText): string {
  cursor.u64('image location in memory');
  const size = cursor.u64('image length in memory');
  cursor.u64('image link time address');
  const pathBytes = cursor.size64('length of the device path');
  const path = cursor.take(pathBytes, 'device path');
  const from = path.length === 0 ? 'image without path' : safeText(devicePathText(path));
  return size === 0n ? from : `${from}, ${byteCount(size)}`;
}
