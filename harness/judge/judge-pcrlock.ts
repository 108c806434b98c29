import { type PcrVariants, pcrlockPolicy } from '../tpm/pcrlock-policy.ts';
import type { Judgement } from './judgement.ts';

/** TPM_ALG_SHA256 in front of a digest in an NV index (TPM 2.0 Library, Part 3, 23.22). */
const SHA256 = '000b';

/** A policy of systemd-pcrlock that was made of what was forecast. */
export type WitnessedPcrlock = {
  /** Values (SHA-256) that were forecast. */
  readonly forecast: PcrVariants;
  /** Values that systemd-pcrlock predicts. */
  readonly predicted: PcrVariants;
  /** What the NV index holds, as the TPM reads it out: algorithm and digest, lower-case hex. */
  readonly kept: string;
  readonly file: string;
};

/**
 * Judges whether systemd-pcrlock predicts what was forecast, and whether the policy in its NV index is the one
 * that is computed offline. A policy in which no PCR may have two values says nothing of PolicyOR.
 */
export function judgePcrlock(policy: WitnessedPcrlock): readonly Judgement[] {
  const { forecast, predicted, kept, file } = policy;
  const common = { witness: 'host file', file } as const;
  const ors = Object.keys(forecast).filter((pcr) => (forecast[Number(pcr)] ?? []).length > 1);
  if (ors.length === 0) {
    const sentence = 'no PCR of the policy may have two values: nothing is told of PolicyOR';
    const told = { expected: 'two values of a PCR', observed: JSON.stringify(forecast) };
    return [{ ...common, ...told, state: 'vacuous', sentence }];
  }
  const [expected, observed] = [JSON.stringify(forecast), JSON.stringify(predicted)];
  const isPredicted = expected === observed;
  const computed = `${SHA256}${pcrlockPolicy('sha256', forecast)}`;
  const isKept = computed === kept;
  return [
    {
      ...common,
      ...{ expected, observed },
      state: isPredicted ? 'pass' : 'fail',
      sentence: isPredicted
        ? 'systemd-pcrlock predicts the PCRs of both releases as they were forecast'
        : 'systemd-pcrlock predicts other PCRs than were forecast',
    },
    {
      ...common,
      ...{ expected: computed, observed: kept },
      state: isKept ? 'pass' : 'fail',
      sentence: isKept
        ? `the NV index holds the policy that is computed offline, with PolicyOR for PCRs ${ors.join(' and ')}`
        : 'the NV index holds another policy than is computed offline',
    },
  ];
}
