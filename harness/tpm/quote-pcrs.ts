import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { BANKS, type Bank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { hashOf } from './algorithm.ts';
import { type PcrSelection, selectedPcrs } from './pcr-selection.ts';

/** TPML_PCR_SELECTION of tpm2-tss, as C lays it out: a count, and room for 16 selections of 8 bytes. */
const SELECTIONS = 16;
const SELECT_BYTES = 4;
const SELECTION_LIST_BYTES = 4 + SELECTIONS * 8;

/** TPML_DIGEST, likewise: a count, and room for 8 digests, each behind its size. */
const DIGESTS = 8;
const DIGEST_ROOM = 64;
const DIGEST_LIST_BYTES = 4 + DIGESTS * (2 + DIGEST_ROOM);

/** Lists that 16 banks of 32 PCRs fill. */
const MOST_LISTS = (SELECTIONS * SELECT_BYTES * 8) / DIGESTS;

/** Where the lists of digests begin, behind their number. */
const LISTS_OFFSET = SELECTION_LIST_BYTES + 4;

/** Whether a file is what `tpm2_quote --pcr` writes: a number of lists that its size is right for. */
export function isQuotePcrs(source: ByteSource): boolean {
  if (source.size < LISTS_OFFSET + DIGEST_LIST_BYTES) return false;
  const lists = Buffer.from(source.read(SELECTION_LIST_BYTES, 4)).readUInt32LE();
  return lists <= MOST_LISTS && source.size === LISTS_OFFSET + lists * DIGEST_LIST_BYTES;
}

/**
 * Reads what `tpm2_quote --pcr` writes: the selection and the values as
 * C structures, little-endian (tpm2-tools, lib/pcr.c and tools/tpm2_quote.c, format `serialized`).
 *
 * Banks that this project does not compute are left out.
 *
 * @throws FormatError where it is not as long as it says, or does not hold a value for each PCR that is
 *   selected, or tells of no bank that this project computes
 */
export function readQuotePcrs(source: ByteSource): PcrValues {
  const cursor = new Cursor(source.name, readRange(source, 0, source.size, 'quoted PCRs'));
  const selected = readSelections(cursor).flatMap(({ algId, pcrs }) =>
    pcrs.map((pcr) => ({ bank: hashOf(algId), pcr })),
  );
  const values = readValues(cursor);
  if (values.length !== selected.length) {
    const expected = `${selected.length} values, one for each PCR selected`;
    throw cursor.errorAt(SELECTION_LIST_BYTES, expected, `${values.length}`);
  }
  const banks: Partial<Record<Bank, Record<number, string>>> = {};
  for (const [index, { bank, pcr }] of selected.entries()) {
    if (bank === undefined) continue;
    const value = values[index] ?? new Uint8Array();
    checkSize(cursor, bank, pcr, value);
    banks[bank] ??= {};
    banks[bank][pcr] = toHex(value);
  }
  if (Object.keys(banks).length > 0) return banks;
  throw cursor.errorAt(0, `PCRs of a bank: ${Object.keys(BANKS).join(', ')}`, 'none');
}

function checkSize(cursor: Cursor, bank: Bank, pcr: number, value: Uint8Array): void {
  const { digestBytes } = BANKS[bank];
  if (value.length === digestBytes) return;
  const expected = `${digestBytes} bytes of PCR ${pcr} of ${bank}`;
  throw cursor.errorAt(LISTS_OFFSET, expected, `${value.length}`);
}

function readSelections(cursor: Cursor): readonly PcrSelection[] {
  const list = cursor.sub(SELECTION_LIST_BYTES, 'selection of PCRs');
  const count = list.u32('number of PCR selections');
  if (count === 0 || count > SELECTIONS) {
    throw cursor.errorAt(0, `1 to ${SELECTIONS} PCR selections`, `${count}`);
  }
  return Array.from({ length: count }, () => {
    const algId = list.u16('bank of a PCR selection');
    const start = list.offset;
    const size = list.u8('size of a PCR selection');
    if (size > SELECT_BYTES) throw list.errorAt(start, `at most ${SELECT_BYTES} bytes`, `${size}`);
    const select = list.take(SELECT_BYTES, 'PCR selection').subarray(0, size);
    list.take(1, 'padding');
    return { algId, pcrs: selectedPcrs(select) };
  });
}

function readValues(cursor: Cursor): readonly Uint8Array[] {
  const lists = cursor.u32('number of lists of values');
  const values: Uint8Array[] = [];
  for (let done = 0; done < lists; done += 1) {
    const list = cursor.sub(DIGEST_LIST_BYTES, 'list of values');
    const count = list.u32('number of values');
    if (count > DIGESTS)
      throw list.errorAt(list.offset - 4, `at most ${DIGESTS} values`, `${count}`);
    for (let index = 0; index < count; index += 1) values.push(readValue(list));
  }
  return values;
}

function readValue(list: Cursor): Uint8Array {
  const start = list.offset;
  const size = list.u16('size of a value');
  if (size > DIGEST_ROOM) throw list.errorAt(start, `at most ${DIGEST_ROOM} bytes`, `${size}`);
  return list.take(DIGEST_ROOM, 'value').subarray(0, size);
}
