import { type ByteSource, readRange } from '../bytes/source.ts';
import type { PeImage } from './pe.ts';

/** Which systemd-stub an image is built on, as its `.sdmagic` section says. */
export type StubRelease = {
  /** Its whole version, e.g. `257.13-1~deb13u1`. */
  readonly release: string;
  /** The number that it begins with, e.g. 257. */
  readonly version: number;
};

/**
 * The sections that systemd-stub measures, in its order, and the first version that does. `.pcrsig`
 * is never measured: it signs the result.
 *
 * @see systemd src/fundamental/uki.h, and before v255 src/fundamental/tpm-pcr.h, by tag
 */
const MEASURED: readonly { readonly name: string; readonly since: number }[] = [
  { name: '.linux', since: 252 },
  { name: '.osrel', since: 252 },
  { name: '.cmdline', since: 252 },
  { name: '.initrd', since: 252 },
  { name: '.ucode', since: 256 },
  { name: '.splash', since: 252 },
  { name: '.dtb', since: 252 },
  { name: '.uname', since: 254 },
  { name: '.sbat', since: 254 },
  { name: '.pcrpkey', since: 252 },
  { name: '.profile', since: 257 },
  { name: '.dtbauto', since: 257 },
  { name: '.hwids', since: 257 },
];

/** What is read of `.sdmagic`; real ones have some 40 bytes. */
const MAX_MAGIC_BYTES = 1024;

/**
 * Reads which systemd-stub an image is built on.
 *
 * @returns `undefined` where the image has no `.sdmagic` of systemd-stub
 * @see systemd src/boot/stub.c: `#### LoaderInfo: systemd-stub VERSION ####`
 */
export function readStubRelease(source: ByteSource, pe: PeImage): StubRelease | undefined {
  const section = pe.sections.find(({ name }) => name === '.sdmagic');
  if (section === undefined) return undefined;
  const length = Math.min(section.rawSize, section.virtualSize, MAX_MAGIC_BYTES);
  const magic = Buffer.from(readRange(source, section.rawOffset, length, '.sdmagic'));
  const match = /^#### LoaderInfo: systemd-stub (v?(\d{1,4})[^\s#]*) ####/.exec(
    magic.toString('latin1'),
  );
  return match === null ? undefined : { release: match[1] ?? '', version: Number(match[2]) };
}

/** Names of the sections that a stub measures, in its order. */
export function measuredNames(stub: StubRelease | undefined): readonly string[] {
  return MEASURED.filter(({ since }) => isSince(stub, since)).map(({ name }) => name);
}

/**
 * Whether a stub splits an image into profiles. From then on, too, the first of several sections
 * with one name counts, and before it the last.
 */
export function knowsProfiles(stub: StubRelease | undefined): boolean {
  return isSince(stub, 257);
}

/** An image that does not name its stub is taken for one with the newest. */
function isSince(stub: StubRelease | undefined, version: number): boolean {
  return stub === undefined || stub.version >= version;
}
