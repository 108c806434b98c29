/** A section of a made image. What is left out follows from the data and the sections before. */
export type MadeSection = {
  readonly name: string;
  readonly data?: string | Uint8Array;
  readonly virtualSize?: number;
  readonly virtualAddress?: number;
  readonly rawSize?: number;
  readonly rawOffset?: number;
};

export type MadePe = {
  readonly sections?: readonly MadeSection[];
  readonly format?: 'PE32' | 'PE32+';
  /** Number of data directories. */
  readonly directories?: number;
  /** Entry 4 of the data directories. */
  readonly certificateTable?: { readonly offset: number; readonly size: number };
  /** WIN_CERTIFICATEs to append; sets the entry of the certificate table. */
  readonly certificates?: readonly Uint8Array[];
  /** Bytes behind the sections. */
  readonly trailer?: Uint8Array;
  readonly imageSize?: number;
};

const PE_OFFSET = 0x80;
const ALIGNMENT = 0x200;
const PAGE = 0x1000;

/** Bytes of a PE image, laid out by the PE/COFF specification. */
export function makePe(made: MadePe = {}): Uint8Array {
  const { format = 'PE32+', directories = 16, sections = [] } = made;
  const optionalHeaderSize = (format === 'PE32' ? 96 : 112) + 8 * directories;
  const table = PE_OFFSET + 24 + optionalHeaderSize;
  const headerSize = align(table + 40 * sections.length, ALIGNMENT);
  const placed = place(sections, headerSize);
  const body = bodyOf(placed, headerSize, made.trailer);
  const certificates = Buffer.concat(made.certificates ?? []);
  const certificateTable = made.certificates
    ? { offset: body.length, size: certificates.length }
    : made.certificateTable;
  const imageSize = made.imageSize ?? endInMemory(placed, headerSize);
  const head = { format, directories, certificateTable, optionalHeaderSize, headerSize, imageSize };
  writeHeaders(body, placed, head);
  return new Uint8Array(Buffer.concat([body, certificates]));
}

type Placed = {
  name: string;
  data: Buffer;
  virtualSize: number;
  virtualAddress: number;
  rawSize: number;
  rawOffset: number;
};

function place(sections: readonly MadeSection[], headerSize: number): readonly Placed[] {
  let rawEnd = headerSize;
  let memoryEnd = align(headerSize, PAGE);
  return sections.map((section) => {
    const data = Buffer.from(section.data ?? '');
    const placed = {
      data,
      virtualSize: data.length,
      virtualAddress: memoryEnd,
      rawSize: align(data.length, ALIGNMENT),
      rawOffset: rawEnd,
      ...section,
    };
    rawEnd = Math.max(rawEnd, placed.rawOffset + placed.rawSize);
    memoryEnd = Math.max(memoryEnd, align(placed.virtualAddress + placed.virtualSize, PAGE));
    return { ...placed, data };
  });
}

function bodyOf(sections: readonly Placed[], headerSize: number, trailer?: Uint8Array): Buffer {
  const stored = sections.filter(({ rawSize, data }) => rawSize > 0 && data.length > 0);
  const end = Math.max(headerSize, ...stored.map(({ rawOffset, rawSize }) => rawOffset + rawSize));
  const body = Buffer.alloc(end + (trailer?.length ?? 0));
  for (const { data, rawOffset } of stored) data.copy(body, rawOffset);
  body.set(trailer ?? [], end);
  return body;
}

function endInMemory(sections: readonly Placed[], headerSize: number): number {
  const ends = sections.map(({ virtualAddress, virtualSize }) => virtualAddress + virtualSize);
  return align(Math.max(align(headerSize, PAGE) + PAGE, ...ends), PAGE);
}

/** The first section with code enough for shim to find the entry point in it. */
function entryPointOf(sections: readonly Placed[]): number {
  return sections.find(({ virtualSize }) => virtualSize > 1)?.virtualAddress ?? 0;
}

type Head = Required<Pick<MadePe, 'format' | 'directories' | 'imageSize'>> & {
  readonly certificateTable: MadePe['certificateTable'] | undefined;
  readonly optionalHeaderSize: number;
  readonly headerSize: number;
};

function writeHeaders(file: Buffer, sections: readonly Placed[], head: Head): void {
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(PE_OFFSET, 0x3c);
  file.write('PE\0\0', PE_OFFSET, 'latin1');
  file.writeUInt16LE(0x8664, PE_OFFSET + 4);
  file.writeUInt16LE(sections.length, PE_OFFSET + 6);
  file.writeUInt16LE(head.optionalHeaderSize, PE_OFFSET + 20);
  const optional = PE_OFFSET + 24;
  const directories = optional + (head.format === 'PE32' ? 96 : 112);
  file.writeUInt16LE(head.format === 'PE32' ? 0x10b : 0x20b, optional);
  file.writeUInt32LE(entryPointOf(sections), optional + 16);
  file.writeUInt32LE(head.imageSize, optional + 56);
  file.writeUInt32LE(head.headerSize, optional + 60);
  file.writeUInt32LE(0xc0ffee, optional + 64);
  file.writeUInt16LE(10, optional + 68);
  file.writeUInt32LE(head.directories, directories - 4);
  if (head.certificateTable) {
    file.writeUInt32LE(head.certificateTable.offset, directories + 32);
    file.writeUInt32LE(head.certificateTable.size, directories + 36);
  }
  const table = directories + 8 * head.directories;
  for (const [index, section] of sections.entries()) {
    writeSection(file, table + 40 * index, section);
  }
}

function writeSection(file: Buffer, offset: number, section: Placed): void {
  file.write(section.name, offset, 8, 'latin1');
  file.writeUInt32LE(section.virtualSize, offset + 8);
  file.writeUInt32LE(section.virtualAddress, offset + 12);
  file.writeUInt32LE(section.rawSize, offset + 16);
  file.writeUInt32LE(section.rawOffset, offset + 20);
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
