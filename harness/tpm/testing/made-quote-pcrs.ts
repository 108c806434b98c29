/** A bank's PCRs as `tpm2_quote --pcr` writes them. */
type MadeSelection = {
  readonly algId: number;
  readonly select: readonly number[];
  /** Lower-case hex. */
  readonly values: readonly string[];
};

/** The file of `tpm2_quote --pcr`: C structures of tpm2-tss, little-endian. */
export function makeQuotePcrs(selections: readonly MadeSelection[]): Uint8Array {
  const values = selections.flatMap((one) => one.values);
  const lists = Math.ceil(values.length / 8);
  const file = Buffer.alloc(132 + 4 + lists * 532);
  file.writeUInt32LE(selections.length);
  for (const [index, { algId, select }] of selections.entries()) {
    const at = 4 + index * 8;
    file.writeUInt16LE(algId, at);
    file.writeUInt8(select.length, at + 2);
    file.set(select.slice(0, 4), at + 3);
  }
  file.writeUInt32LE(lists, 132);
  for (const [index, value] of values.entries()) {
    const list = 136 + Math.floor(index / 8) * 532;
    const at = list + 4 + (index % 8) * 66;
    file.writeUInt32LE((index % 8) + 1, list);
    file.writeUInt16LE(value.length / 2, at);
    file.write(value, at + 2, 'hex');
  }
  return file;
}
