import { Cursor } from '../bytes/cursor.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { findSectionByLongName } from './coff-section-name.ts';
import type { PeImage, PeSection } from './pe.ts';

/** What a shim was built with. */
export type Shim = {
  /** Its version, e.g. `16.1`. */
  readonly version: string;
  /** The vendor's certificate in DER, or signature lists (`vendor_db`); empty where there is none. */
  readonly vendorAuthorized: Uint8Array;
  /** The vendor's signature lists of what is forbidden (`vendor_dbx`); empty where there is none. */
  readonly vendorDeauthorized: Uint8Array;
  /** Its own SBAT metadata; absent where it has none. */
  readonly sbat: Uint8Array | undefined;
  /** What it sets SbatLevel to, without terminators; absent in versions that embed none. */
  readonly sbatLevels: SbatLevels | undefined;
  /** File name of the loader that it starts unless told otherwise; absent where it is in doubt. */
  readonly defaultLoader: string | undefined;
  /** Whether a certificate that was made for this build alone is trusted too. */
  readonly hasBuildCertificate: boolean;
};

/** The revocations that a shim carries: those that it applies by itself, and the latest. */
export type SbatLevels = { readonly automatic: Uint8Array; readonly latest: Uint8Array };

/** No shim is that large. */
const MAX_IMAGE_BYTES = 16 << 20;
const MAX_SECTION_BYTES = 1 << 20;
const MAX_IDENT_BYTES = 1024;

/** Both are file names of UTF-16 in shim that stand for other programs of its own. */
const HELPERS = /^\\+(fb|mm)[^\\]*$/;
/** A file beside shim, in UTF-16. */
const FILE_NAME = /\\\0(?:[\x21-\x7e]\0){1,64}\0\0/g;
/** Part of a debug message that only builds with a build certificate have. */
const BUILD_CERTIFICATE_TEXT = 'verifying against shim cert';

/**
 * Reads what a shim was built with.
 *
 * @param source the image
 * @param pe its headers
 * @returns `undefined` where the image is no shim
 * @throws FormatError where the tables in it point outside of their sections
 * @see shim version.c.in, cert.S, sbat_var.S
 */
export function readShim(source: ByteSource, pe: PeImage): Shim | undefined {
  if (source.size > MAX_IMAGE_BYTES) return undefined;
  const ident = sectionBytes(source, findSectionByLongName(source, pe, '.data.ident'));
  const start = Buffer.from(ident ?? []).toString('latin1', 0, MAX_IDENT_BYTES);
  const version = /^UEFI SHIM\n\$Version: ([^ $\n]{1,32}) \$/.exec(start)?.[1];
  const certificates = sectionBytes(source, findSectionByLongName(source, pe, '.vendor_cert'));
  if (version === undefined || certificates === undefined) return undefined;
  const image = Buffer.from(readRange(source, 0, source.size, 'the image')).toString('latin1');
  return {
    version,
    ...readCertificates(source.name, certificates),
    sbat: sectionBytes(
      source,
      pe.sections.find(({ name }) => name === '.sbat'),
    ),
    sbatLevels: readLevels(
      source.name,
      sectionBytes(source, findSectionByLongName(source, pe, '.sbatlevel')),
    ),
    defaultLoader: findDefaultLoader(image),
    hasBuildCertificate: isText(image, BUILD_CERTIFICATE_TEXT),
  };
}

/** `.vendor_cert`: two sizes, two offsets from the start of the section, then the data. */
function readCertificates(file: string, bytes: Uint8Array) {
  const cursor = new Cursor(`${file}:.vendor_cert`, bytes);
  const authorizedSize = cursor.u32('size of what the vendor authorizes');
  const deauthorizedSize = cursor.u32('size of what the vendor forbids');
  const authorizedOffset = cursor.u32('offset of what the vendor authorizes');
  const deauthorizedOffset = cursor.u32('offset of what the vendor forbids');
  const part = (offset: number, size: number) => {
    if (size === 0) return new Uint8Array();
    if (offset + size <= bytes.length) return bytes.subarray(offset, offset + size);
    throw cursor.errorAt(0, `data inside of ${bytes.length} bytes`, `${size} bytes at ${offset}`);
  };
  return {
    vendorAuthorized: part(authorizedOffset, authorizedSize),
    vendorDeauthorized: part(deauthorizedOffset, deauthorizedSize),
  };
}

/** `.sbatlevel`: a format version, then two offsets from behind it, of texts that end with a NUL. */
function readLevels(file: string, bytes: Uint8Array | undefined): SbatLevels | undefined {
  if (bytes === undefined) return undefined;
  const cursor = new Cursor(`${file}:.sbatlevel`, bytes);
  const format = cursor.u32('format version');
  if (format !== 0) return undefined;
  const automatic = cursor.u32('offset of the automatic revocations');
  const latest = cursor.u32('offset of the latest revocations');
  const text = (offset: number) => {
    const end = bytes.indexOf(0, 4 + offset);
    if (end >= 0) return bytes.subarray(4 + offset, end);
    throw cursor.errorAt(4, `a text inside of ${bytes.length} bytes`, `offset ${offset}`);
  };
  return { automatic: text(automatic), latest: text(latest) };
}

/** The one file beside shim that it names and that is none of its helpers. */
function findDefaultLoader(image: string): string | undefined {
  const names = [...image.matchAll(FILE_NAME)]
    .map(([text]) => text.replaceAll('\0', ''))
    .filter((name) => /^\\+[^\\]+\.efi$/i.test(name) && !HELPERS.test(name))
    .map((name) => name.replace(/^\\+/, ''));
  const [only, ...others] = new Set(names);
  return others.length === 0 ? only : undefined;
}

/** Texts of a compiler are bytes or UTF-16. */
function isText(image: string, text: string): boolean {
  return image.includes(text) || image.includes([...text].join('\0'));
}

function sectionBytes(source: ByteSource, section: PeSection | undefined): Uint8Array | undefined {
  if (section === undefined) return undefined;
  const { name, rawOffset, rawSize, virtualSize } = section;
  const size = Math.min(rawSize, virtualSize, MAX_SECTION_BYTES);
  return readRange(source, rawOffset, size, name);
}
