import { guidBytes } from '../../bytes/guid.ts';
import { FOOTER_GUIDS } from '../../formats/ovmf-footer.ts';

const FOOTER = '96b582de-1fb2-45f7-baea-a366c55a082d';

/** A section of the SEV metadata. */
export type MadeSection = readonly [base: number, size: number, type: number];

/** What stands in a made image's footer; what is left out is not there. */
export type MadeOvmf = {
  readonly pages?: number;
  readonly hashTable?: readonly [base: number, size: number];
  readonly apResetEip?: number;
  readonly svsmEntry?: number;
  readonly sections?: readonly MadeSection[];
};

/** Sections such as edk2's AmdSev build has them. */
const SECTIONS: readonly MadeSection[] = [
  [0x800000, 0x2000, 1],
  [0x80d000, 0x1000, 2],
  [0x80e000, 0x1000, 3],
  [0x80f000, 0x1000, 4],
  [0x810000, 0x1000, 0x10],
];

/** An image that can do everything. */
export const ABLE: MadeOvmf = {
  hashTable: [0x810c00, 0x400],
  apResetEip: 0x80b004,
  sections: SECTIONS,
};

/** An OVMF image that is empty but for its footer (edk2, OvmfPkg/ResetVector). */
export function makeOvmf(made: MadeOvmf): Uint8Array {
  const image = Buffer.alloc((made.pages ?? 1) * 4096, 0xff);
  const { sections = [] } = made;
  const metadata = Buffer.concat([
    Buffer.from('ASEV'),
    words(16 + sections.length * 12, 1, sections.length, ...sections.flat()),
  ]);
  const metadataFromEnd = 0x800;
  image.set(metadata, image.length - metadataFromEnd);
  const entries: readonly (readonly [string, readonly number[] | undefined])[] = [
    [FOOTER_GUIDS.sevHashTable, made.hashTable],
    [FOOTER_GUIDS.sevEsReset, made.apResetEip === undefined ? undefined : [made.apResetEip]],
    [FOOTER_GUIDS.svsmInfo, made.svsmEntry === undefined ? undefined : [made.svsmEntry]],
    [FOOTER_GUIDS.sevMetadata, made.sections && [metadataFromEnd]],
  ];
  const table = entries.flatMap(([guid, data]) =>
    data === undefined ? [] : [withTrailer(words(...data), guid)],
  );
  const size = table.reduce((sum, entry) => sum + entry.length, 18);
  const footer = Buffer.concat([...table, withTrailer(Buffer.alloc(0), FOOTER, size)]);
  image.set(footer, image.length - 32 - footer.length);
  return image;
}

function withTrailer(data: Uint8Array, guid: string, size = data.length + 18): Buffer {
  return Buffer.concat([data, Uint8Array.of(size & 0xff, size >> 8), guidBytes(guid)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}
