import { crc32 } from 'node:zlib';

/** A variable header of a made IGVM file. */
export type MadeHeader = readonly [type: number, content: Uint8Array];

/** A page-data header; a file offset of 0 stands for zeros. */
export function pageData(
  gpa: number,
  how: {
    readonly mask?: number;
    readonly offset?: number;
    readonly flags?: number;
    readonly type?: number;
  } = {},
): MadeHeader {
  const content = Buffer.alloc(24);
  content.writeBigUInt64LE(BigInt(gpa));
  content.writeUInt32LE(how.mask ?? 1, 8);
  content.writeUInt32LE(how.offset ?? 0, 12);
  content.writeUInt32LE(how.flags ?? 0, 16);
  content.writeUInt16LE(how.type ?? 0, 20);
  return [0x302, content];
}

/** A platform that the file is for. */
export function platform(type: number, mask = 1): MadeHeader {
  const content = Buffer.alloc(16);
  content.writeUInt32LE(mask);
  content.writeUInt8(type, 5);
  return [0x001, content];
}

/** An area for parameters, and where it goes. */
export function parameters(gpa: number, size: number, index = 0): readonly MadeHeader[] {
  const area = Buffer.alloc(16);
  area.writeBigUInt64LE(BigInt(size));
  area.writeUInt32LE(index, 8);
  const insert = Buffer.alloc(16);
  insert.writeBigUInt64LE(BigInt(gpa));
  insert.writeUInt32LE(1, 8);
  insert.writeUInt32LE(index, 12);
  return [
    [0x301, area],
    [0x303, insert],
  ];
}

/** The first state of a vCPU. */
export function vpContext(gpa: number, offset: number): MadeHeader {
  const content = Buffer.alloc(20);
  content.writeBigUInt64LE(BigInt(gpa));
  content.writeUInt32LE(1, 8);
  content.writeUInt32LE(offset, 12);
  return [0x304, content];
}

/** An IGVM file (microsoft/igvm, igvm_defs), its data behind the headers from {@link DATA_OFFSET} on. */
export function makeIgvm(
  headers: readonly MadeHeader[],
  data: Uint8Array,
  version: 1 | 2 = 1,
): Buffer {
  const fixed = Buffer.alloc(version === 1 ? 24 : 32);
  const variable = Buffer.concat(headers.map(makeHeader));
  fixed.write('IGVM');
  fixed.writeUInt32LE(version, 4);
  fixed.writeUInt32LE(fixed.length, 8);
  fixed.writeUInt32LE(variable.length, 12);
  fixed.writeUInt32LE(DATA_OFFSET + data.length, 16);
  fixed.writeUInt32LE(crc32(variable, crc32(fixed)), 20);
  const gap = Buffer.alloc(DATA_OFFSET - fixed.length - variable.length);
  return Buffer.concat([fixed, variable, gap, data]);
}

/** Where the data of a made file begins. */
export const DATA_OFFSET = 0x1000;

function makeHeader([type, content]: MadeHeader): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(-content.length & 7)]);
}
