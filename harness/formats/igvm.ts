import { crc32 } from 'node:zlib';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';

/** `IGVM`, and the bytes of the fixed header by version; the second adds architecture and page size. */
const MAGIC = new TextEncoder().encode('IGVM');
const FIXED_HEADER_BYTES: Readonly<Record<number, number>> = { 1: 24, 2: 32 };
const CHECKSUM_OFFSET = 20;

/** A loader has to keep the headers in memory; COCONUT's files have some hundred KiB. */
const MAX_HEADER_BYTES = 64 << 20;

/** Variable headers begin at multiples of this. */
const ALIGNMENT = 8;

/** Types of the variable headers that are read (microsoft/igvm e6c3ff1c, igvm_defs). */
const HEADER = {
  supportedPlatform: 0x001,
  parameterArea: 0x301,
  pageData: 0x302,
  parameterInsert: 0x303,
  vpContext: 0x304,
} as const;

/** Platforms that an IGVM file can be for. */
export const IGVM_PLATFORM = { sevSnp: 2, sev: 4, sevEs: 5 } as const;

/** What the pages of a page-data directive are. */
export const IGVM_PAGE_DATA = { normal: 0, secrets: 1, cpuid: 2, cpuidXf: 3 } as const;

/** What a loader is told to do, with guest physical addresses and file offsets in bytes. */
export type IgvmDirective =
  | {
      readonly kind: 'page data';
      readonly gpa: number;
      readonly size: number;
      /** One of {@link IGVM_PAGE_DATA}. */
      readonly dataType: number;
      readonly isUnmeasured: boolean;
      /** Left to the host: no part of the launch. */
      readonly isShared: boolean;
      /** Where the content is; 0 stands for zeros. */
      readonly fileOffset: number;
    }
  | { readonly kind: 'parameters'; readonly gpa: number; readonly size: number }
  | {
      readonly kind: 'vCPU state';
      readonly gpa: number;
      readonly vpIndex: number;
      readonly fileOffset: number;
    };

/** Bytes of a small and of a large page. */
const PAGE_BYTES = 0x1000;
const LARGE_PAGE_BYTES = 0x200000;

/**
 * Reads what an IGVM file tells the loader of a platform to do, integers little-endian.
 *
 * @param source the file; contents of pages are not read
 * @param platform one of {@link IGVM_PLATFORM}
 * @returns the directives for this platform, in the order of the file
 * @throws FormatError where the file is damaged, or not for this platform
 */
export function readIgvm(source: ByteSource, platform: number): readonly IgvmDirective[] {
  const headers = readHeaders(source);
  const mask = platformMask(source, headers, platform);
  const areas = new Map<number, number>();
  return headers.flatMap(({ type, content }) => {
    const directive = readDirective(type, content, areas);
    if (directive === undefined || (directive.mask & mask) === 0) return [];
    return [directive.value];
  });
}

/** A variable header: its type, and a cursor over its content. */
type VariableHeader = { readonly type: number; readonly content: Cursor };

function readHeaders(source: ByteSource): readonly VariableHeader[] {
  const fixed = Cursor.over(source, 0, 24, 'IGVM fixed header');
  fixed.expect(MAGIC, 'IGVM magic');
  const version = fixed.u32('format version');
  const fixedBytes = FIXED_HEADER_BYTES[version];
  if (fixedBytes === undefined) throw fixed.errorAt(4, 'IGVM version 1 or 2', `${version}`);
  const start = fixed.u32('offset of the variable headers');
  const size = fixed.u32('size of the variable headers');
  fixed.u32('size of the file');
  if (start < fixedBytes || size > MAX_HEADER_BYTES) {
    throw fixed.errorAt(8, 'variable headers behind the fixed one', `${size} bytes at ${start}`);
  }
  const headers = readRange(source, start, size, 'variable headers');
  verifyChecksum(source, fixedBytes, headers, fixed.u32('checksum'));
  return splitHeaders(new Cursor(source.name, headers, 'little', start), start);
}

function verifyChecksum(
  source: ByteSource,
  fixedBytes: number,
  headers: Uint8Array,
  checksum: number,
): void {
  const fixed = Buffer.from(readRange(source, 0, fixedBytes, 'IGVM fixed header'));
  fixed.writeUInt32LE(0, CHECKSUM_OFFSET);
  const computed = crc32(headers, crc32(fixed));
  if (computed === checksum) return;
  throw new FormatError({
    file: source.name,
    offset: CHECKSUM_OFFSET,
    expected: `the checksum 0x${computed.toString(16)} of these headers`,
    found: `0x${checksum.toString(16)}`,
  });
}

function splitHeaders(cursor: Cursor, start: number): readonly VariableHeader[] {
  const headers: VariableHeader[] = [];
  while (cursor.remaining > 0) {
    const type = cursor.u32('type of a variable header');
    const length = cursor.u32('length of a variable header');
    headers.push({ type, content: cursor.sub(length, 'variable header') });
    const padding = -(cursor.offset - start) & (ALIGNMENT - 1);
    cursor.take(Math.min(padding, cursor.remaining), 'padding');
  }
  return headers;
}

function platformMask(
  source: ByteSource,
  headers: readonly VariableHeader[],
  platform: number,
): number {
  const offered: number[] = [];
  for (const { type, content } of headers) {
    if (type !== HEADER.supportedPlatform) continue;
    const mask = content.u32('compatibility mask');
    content.u8('highest VTL');
    const offer = content.u8('platform type');
    if (offer === platform) return mask;
    offered.push(offer);
  }
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: `an IGVM file for the platform type ${platform}`,
    found: `one for ${offered.slice(0, 8).join(', ') || 'none'}`,
  });
}

type Masked = { readonly mask: number; readonly value: IgvmDirective };

function readDirective(
  type: number,
  content: Cursor,
  areas: Map<number, number>,
): Masked | undefined {
  switch (type) {
    case HEADER.pageData:
      return readPageData(content);
    case HEADER.parameterInsert:
      return readInsert(content, areas);
    case HEADER.vpContext:
      return readVpContext(content);
    case HEADER.parameterArea: {
      const size = content.size64('size of a parameter area');
      areas.set(content.u32('parameter area index'), size);
      return undefined;
    }
    default:
      return undefined;
  }
}

function readPageData(content: Cursor): Masked {
  const gpa = readGpa(content);
  const mask = content.u32('compatibility mask');
  const fileOffset = content.u32('file offset');
  const flags = content.u32('flags');
  const dataType = content.u16('page data type');
  const size = (flags & 1) === 0 ? PAGE_BYTES : LARGE_PAGE_BYTES;
  const isUnmeasured = (flags & 2) !== 0;
  const isShared = (flags & 4) !== 0;
  return {
    mask,
    value: { kind: 'page data', gpa, size, dataType, isUnmeasured, isShared, fileOffset },
  };
}

function readInsert(content: Cursor, areas: ReadonlyMap<number, number>): Masked {
  const gpa = readGpa(content);
  const mask = content.u32('compatibility mask');
  const at = content.offset;
  const index = content.u32('parameter area index');
  const size = areas.get(index);
  if (size === undefined || size % PAGE_BYTES !== 0) {
    throw content.errorAt(
      at,
      'a parameter area of whole pages',
      `area ${index} of ${size ?? 'no'} bytes`,
    );
  }
  return { mask, value: { kind: 'parameters', gpa, size } };
}

function readVpContext(content: Cursor): Masked {
  const gpa = readGpa(content);
  const mask = content.u32('compatibility mask');
  const fileOffset = content.u32('file offset');
  const vpIndex = content.u16('VP index');
  return { mask, value: { kind: 'vCPU state', gpa, vpIndex, fileOffset } };
}

function readGpa(content: Cursor): number {
  const start = content.offset;
  const gpa = content.size64('guest physical address');
  if (gpa % PAGE_BYTES === 0) return gpa;
  throw content.errorAt(start, 'an address of a page', `0x${gpa.toString(16)}`);
}
