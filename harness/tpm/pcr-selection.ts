import type { Cursor } from '../bytes/cursor.ts';
import { BANKS, type Bank } from '../measure/bank.ts';
import { u16, u32 } from './marshal.ts';

/** PCRs of one bank, in ascending order. */
export type BankSelection = { readonly bank: Bank; readonly pcrs: readonly number[] };

/** Bytes of a selection on a PC: 24 PCRs (PC Client Platform TPM Profile, 3.2.2). */
const SELECT_BYTES = 3;

/** The PCRs that {@link marshalPcrSelections} can select. */
const PCRS = SELECT_BYTES * 8;

/**
 * A TPML_PCR_SELECTION as PC software makes it: three bytes a bank (Part 2, 10.6.2 and 10.9.7).
 *
 * @throws TypeError where a PCR is not one of 0 to 23
 */
export function marshalPcrSelections(selections: readonly BankSelection[]): Uint8Array {
  const each = selections.map(({ bank, pcrs }) => {
    const select = Buffer.alloc(SELECT_BYTES);
    for (const pcr of pcrs) {
      if (!(Number.isInteger(pcr) && pcr >= 0 && pcr < PCRS)) {
        throw new TypeError(`PCR ${pcr} is not one of 0 to ${PCRS - 1}`);
      }
      const at = pcr >> 3;
      select[at] = (select[at] ?? 0) | (1 << (pcr & 7));
    }
    return Buffer.concat([u16(BANKS[bank].algId), Uint8Array.of(SELECT_BYTES), select]);
  });
  return Buffer.concat([u32(selections.length), ...each]);
}

/** One TPMS_PCR_SELECTION as it was read: the bank may be one that this project does not compute. */
export type PcrSelection = {
  /** TPM_ALG_ID of the bank. */
  readonly algId: number;
  /** In ascending order. */
  readonly pcrs: readonly number[];
};

/** Banks that one list may name: more than any TPM has (tpm2-tss, TPM2_NUM_PCR_BANKS). */
const MOST_SELECTIONS = 16;

/**
 * Reads a TPML_PCR_SELECTION: any number of selections, each of any number of bytes (Part 2, 10.9.7).
 *
 * @throws FormatError where it ends too early, or names more banks than any TPM has
 */
export function readPcrSelections(cursor: Cursor): readonly PcrSelection[] {
  const start = cursor.offset;
  const count = cursor.u32('number of PCR selections');
  if (count > MOST_SELECTIONS) {
    throw cursor.errorAt(start, `at most ${MOST_SELECTIONS} PCR selections`, `${count}`);
  }
  return Array.from({ length: count }, () => {
    const algId = cursor.u16('bank of a PCR selection');
    const bytes = cursor.u8('size of a PCR selection');
    return { algId, pcrs: selectedPcrs(cursor.take(bytes, 'PCR selection')) };
  });
}

/** PCR n is bit n mod 8 of byte n div 8. */
export function selectedPcrs(select: Uint8Array): readonly number[] {
  return [...select].flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => at * 8 + bit),
  );
}
