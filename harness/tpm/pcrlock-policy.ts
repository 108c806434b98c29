import type { Bank } from '../measure/bank.ts';
import { emptyPolicy, policyOr, policyPcr } from './policy-digest.ts';

/** Values that each PCR may have, lower-case hex, in the order in which pcrlock has them. */
export type PcrVariants = Readonly<Record<number, readonly string[]>>;

/**
 * The policy that systemd-pcrlock writes into its NV index: one PolicyPCR for all PCRs of a single value,
 * then for each other PCR, in ascending order, a PolicyOR over what each of its values adds (systemd
 * src/shared/tpm2-util.c, tpm2_calculate_policy_super_pcr).
 *
 * @param bank of the PCRs; the policy itself is of SHA-256
 * @returns lower-case hex
 * @throws TypeError where there is no PCR, one has no value, or one has more than a TPM takes
 * @public
 */
export function pcrlockPolicy(bank: Bank, variants: PcrVariants): string {
  const pcrs = Object.entries(variants).map(([pcr, values]) => ({ pcr: Number(pcr), values }));
  if (pcrs.length === 0) throw new TypeError('a policy of no PCR');
  const single = pcrs.filter(({ values }) => values.length === 1);
  const fixed = Object.fromEntries(single.map(({ pcr, values }) => [pcr, values[0] ?? '']));
  const empty = emptyPolicy(POLICY_HASH);
  const begin = single.length === 0 ? empty : policyPcr(POLICY_HASH, empty, { [bank]: fixed });
  return pcrs
    .filter(({ values }) => values.length !== 1)
    .toSorted((a, b) => a.pcr - b.pcr)
    .reduce((before, { pcr, values }) => {
      const branch = (value: string) =>
        policyPcr(POLICY_HASH, before, { [bank]: { [pcr]: value } });
      return policyOr(POLICY_HASH, values.map(branch));
    }, begin);
}

const POLICY_HASH = 'sha256';
