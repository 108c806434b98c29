import { ALL_BANKS, type Bank } from './bank.ts';
import type { PcrValues } from './event.ts';

/** PCR indices of one bank by how two sets of values have them. */
export type BankComparison = {
  readonly common: readonly number[];
  readonly different: readonly number[];
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
};

/** A comparison for each bank that either side has. */
export type PcrComparison = Readonly<Partial<Record<Bank, BankComparison>>>;

/** Compares two sets of PCR values, digit by digit. */
export function comparePcrs(a: PcrValues, b: PcrValues): PcrComparison {
  const banks = ALL_BANKS.filter((bank) => a[bank] !== undefined || b[bank] !== undefined);
  return Object.fromEntries(banks.map((bank) => [bank, compareBank(a[bank] ?? {}, b[bank] ?? {})]));
}

/** The PCRs that differ in any bank, ascending. */
export function differingPcrs(comparison: PcrComparison): readonly number[] {
  return ascending(Object.values(comparison).flatMap(({ different }) => different));
}

function compareBank(
  a: Readonly<Record<number, string>>,
  b: Readonly<Record<number, string>>,
): BankComparison {
  const pcrs = ascending([...Object.keys(a), ...Object.keys(b)].map(Number));
  const both = pcrs.filter((pcr) => a[pcr] !== undefined && b[pcr] !== undefined);
  return {
    common: both.filter((pcr) => a[pcr] === b[pcr]),
    different: both.filter((pcr) => a[pcr] !== b[pcr]),
    onlyA: pcrs.filter((pcr) => b[pcr] === undefined),
    onlyB: pcrs.filter((pcr) => a[pcr] === undefined),
  };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((x, y) => x - y);
}
