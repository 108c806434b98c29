import { type MadePe, makePe } from './make-pe.ts';

/** A shim, laid out by shim's own sources. */
export type MadeShim = {
  readonly version?: string;
  readonly authorized?: Uint8Array;
  readonly deauthorized?: Uint8Array;
  readonly automatic?: string;
  readonly latest?: string;
  readonly sbat?: string;
  /** File name of its default loader. */
  readonly loader?: string;
  /** More texts of the program. */
  readonly texts?: string;
  readonly certificates?: MadePe['certificates'];
};

/** Revocations that revoke nothing which is made here. */
const MADE_LEVEL = 'sbat,1,2024010900\nshim,4\n';
const SBAT =
  'sbat,1,SBAT Version,sbat,1,https://example.com\nshim,4,UEFI shim,shim,1,https://example.com\n';

const PE_HEADER = 0x80;
const LONG_NAMES = ['.data.ident', '.sbatlevel', '.vendor_cert'] as const;

/** Bytes of a shim: the names of its sections are too long for the headers. */
export function makeShim(made: MadeShim = {}): Uint8Array {
  const { version = '16.1', loader = 'grubx64.efi', texts = '', sbat = SBAT } = made;
  const levels = { automatic: made.automatic ?? MADE_LEVEL, latest: made.latest ?? MADE_LEVEL };
  const data: Record<(typeof LONG_NAMES)[number], Uint8Array> = {
    '.data.ident': Buffer.from(`UEFI SHIM\n$Version: ${version} $\n$Commit: 0 $\n`),
    '.sbatlevel': levelSection(levels),
    '.vendor_cert': vendorSection(made.authorized, made.deauthorized),
  };
  const names = ['\\fbx64.efi', `\\\\${loader}`, '\\mmx64.efi'].map((name) => `${name}\0`).join('');
  const image = makePe({
    sections: [
      { name: '.data', data: Buffer.concat([utf16(names), Buffer.from(texts)]) },
      ...LONG_NAMES.map((name) => ({ name: `/${offsetOf(name)}`, data: data[name] })),
      { name: '.sbat', data: sbat },
    ],
    trailer: stringTable(),
    ...(made.certificates && { certificates: made.certificates }),
  });
  const table = image.length - stringTable().length - sizeOf(made.certificates);
  // PointerToSymbolTable: there are no symbols, and the string table follows them.
  new DataView(image.buffer).setUint32(PE_HEADER + 12, table, true);
  return image;
}

function levelSection({ automatic, latest }: { automatic: string; latest: string }): Uint8Array {
  const offsets = Buffer.alloc(12);
  offsets.writeUInt32LE(8, 4);
  offsets.writeUInt32LE(8 + automatic.length + 1, 8);
  return Buffer.concat([offsets, Buffer.from(`${automatic}\0${latest}\0`)]);
}

function vendorSection(
  authorized: Uint8Array = new Uint8Array(),
  deauthorized: Uint8Array = new Uint8Array(),
): Uint8Array {
  const header = Buffer.alloc(16);
  const sizes = [authorized.length, deauthorized.length, 16, 16 + authorized.length];
  for (const [index, value] of sizes.entries()) header.writeUInt32LE(value, 4 * index);
  return Buffer.concat([header, authorized, deauthorized]);
}

/** A COFF string table begins with its own size. */
function stringTable(): Uint8Array {
  const names = Buffer.from(LONG_NAMES.map((name) => `${name}\0`).join(''));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(4 + names.length);
  return Buffer.concat([size, names]);
}

function offsetOf(name: (typeof LONG_NAMES)[number]): number {
  return LONG_NAMES.slice(0, LONG_NAMES.indexOf(name)).reduce(
    (sum, { length }) => sum + length + 1,
    4,
  );
}

function sizeOf(certificates: readonly Uint8Array[] = []): number {
  return certificates.reduce((sum, { length }) => sum + length, 0);
}

function utf16(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le');
}
