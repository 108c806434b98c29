import { Cursor } from '../bytes/cursor.ts';
import { devicePathText, readDevicePath } from './device-path.ts';

/**
 * Text of a device path in an event.
 *
 * @throws FormatError where a node is cut off or the path has no end
 */
export function loggedDevicePath(bytes: Uint8Array): string {
  return devicePathText(readDevicePath(new Cursor('device path', bytes)));
}
