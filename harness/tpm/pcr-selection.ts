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
