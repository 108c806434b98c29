import type { Cursor } from '../bytes/cursor.ts';
import { byteCount, guessText, safeText } from './event-text.ts';

/**
 * Tags whose owners are known: the Linux EFI stub (drivers/firmware/efi/libstub/efistub.h) and
 * systemd-boot and systemd-stub (systemd, src/fundamental/tpm2-pcr.h).
 */
const TAGS: ReadonlyMap<number, string> = new Map([
  [0x8f3b22ec, 'Linux: initrd'],
  [0x8f3b22ed, 'Linux: command line'],
  [0xf5bc582a, 'systemd-boot: loader.conf'],
  [0x6c46f751, 'systemd-stub: devicetree addon'],
  [0x49dffe0f, 'systemd-stub: initrd addon'],
  [0xdac08e1a, 'systemd-stub: microcode addon'],
  [0x13aed6db, 'systemd-stub: profile'],
  [0xd5cb7cbc, 'systemd: SMBIOS type 1'],
  [0xe0d47bc8, 'systemd: SMBIOS type 2'],
  [0xc0b3bd23, 'systemd: SMBIOS type 11'],
]);

/** An event field names its first tags only. */
const MOST_TAGS = 8;

/**
 * Describes TCG_PCClientTaggedEvent structures (TCG PC Client PFP 1.06, 10.4.2.1), of which an
 * event has one or more: the owner of the tag and what stands with it.
 *
 * @throws FormatError where a structure ends early
 */
export function describeTags(cursor: Cursor): string {
  const tags = [describeTag(cursor)];
  while (cursor.remaining > 0 && tags.length < MOST_TAGS) tags.push(describeTag(cursor));
  return tags.join('; ');
}

function describeTag(cursor: Cursor): string {
  const id = cursor.u32('tag');
  const data = cursor.take(cursor.u32('size of tagged data'), 'tagged data');
  const text = guessText(data);
  const content = text === undefined ? byteCount(data.length) : safeText(text);
  return `${TAGS.get(id) ?? `tag 0x${id.toString(16)}`} (${content})`;
}
