import { unsealings } from '../tpm/unsealing.ts';
import type { Judgement } from './judgement.ts';
import type { SealedBootEvidence } from './sealed-boot.ts';

/** A policy by three witnesses. */
export type WitnessedPolicy = {
  /** The volume whose key is sealed to it. */
  readonly volume: string;
  /** The digest as it is computed from forecast PCRs or the signer's key, lower-case hex. */
  readonly computed: string;
  /** The digest in the volume's header. */
  readonly token: string;
  /** The boot in which it is satisfied. */
  readonly boot: SealedBootEvidence;
  readonly file: string;
};

/** Judges whether a policy digest that was computed offline is that of the volume's header and that of the TPM. */
export function judgePolicyDigest(policy: WitnessedPolicy): Judgement {
  const { volume, computed, token, boot, file } = policy;
  const ofTpm = unsealings(boot.exchanges)
    .filter(({ unsealed }) => unsealed)
    .map((attempt) => attempt.policy ?? 'none');
  const common = {
    expected: computed,
    observed: `header ${token}; TPM ${ofTpm.join(', ') || 'none'}`,
    witness: 'TPM command log',
    file,
  } as const;
  return token === computed && ofTpm.includes(computed)
    ? {
        ...common,
        state: 'pass',
        sentence: `the policy of ${volume} is computed offline as the header and the TPM have it`,
      }
    : {
        ...common,
        state: 'fail',
        sentence: `the policy of ${volume} is another than was computed`,
      };
}
