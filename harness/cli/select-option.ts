import { UsageError } from '../host/errors.ts';
import { isBank } from '../measure/bank.ts';
import type { BankSelection } from '../tpm/pcr-selection.ts';

/** TPM2_MAX_PCRS of the TPM2 software stack. */
const LAST_PCR = 31;

/**
 * Reads a selection of PCRs as tpm2-tools spell it, ranges besides: `sha1:0,1+sha256:0-7,11`.
 *
 * @throws UsageError where it is none
 */
export function parseSelection(text: string): readonly BankSelection[] {
  return text.split('+').map((part) => {
    const [bank = '', list = '', ...more] = part.split(':');
    const pcrs = list.split(',').flatMap(indices);
    if (isBank(bank) && more.length === 0 && !pcrs.includes(Number.NaN)) return { bank, pcrs };
    throw new UsageError(
      `--select: expected PCRs such as sha256:0-7,11, found "${part.slice(0, 64)}"`,
    );
  });
}

function indices(text: string): readonly number[] {
  const [, first = '', last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || to > LAST_PCR || from > to) return [Number.NaN];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
