import { unsealings } from '../tpm/unsealing.ts';
import type { Judgement } from './judgement.ts';
import { quotedLine } from './quoted-line.ts';
import {
  outcomeOf,
  pcrsWhenTried,
  type SealedBootEvidence,
  type VolumeOutcome,
} from './sealed-boot.ts';

/** A volume whose key is sealed to a policy. */
export type SealedVolume = {
  /** Name of its partition. */
  readonly name: string;
  /** Digest of the policy, as its header has it: lower-case hex. */
  readonly policy: string;
  /** PCRs that the policy is of, which the change of a boot must have moved for a refusal to prove anything. */
  readonly pcrs: readonly number[];
};

/** The boots that a refusal is judged on. */
export type SealedTrial = {
  readonly boot: SealedBootEvidence;
  /** The genuine boot, in which the volume opens. */
  readonly twin: SealedBootEvidence;
  /** File that shows it. */
  readonly file: string;
};

/** How systemd-cryptsetup says that it gives up, and why (systemd src/cryptsetup, src/shared/tpm2-util.c). */
const REFUSAL = /Failed to unseal secret using TPM2: .*|Failed to load pcr signature: .*/;

/**
 * Judges whether a volume opens: the initrd says so, and the TPM has given out the key for this very policy.
 */
export function judgeOpened(
  volume: SealedVolume,
  { boot, file }: Omit<SealedTrial, 'twin'>,
): Judgement {
  const outcome = outcomeOf(volume.name, boot);
  const hasKey = gaveKey(volume, boot);
  const common = {
    expected: `${volume.name} opens, for the policy ${volume.policy}`,
    observed: observed(volume, outcome, boot),
    witness: 'console',
    file,
  } as const;
  if (outcome.state === 'opened' && hasKey) {
    const sentence = `${boot.what}, ${volume.name} opens`;
    return { ...common, state: 'pass', sentence };
  }
  return { ...common, state: 'fail', sentence: `${boot.what}, ${volume.name} does not open` };
}

/**
 * Judges whether a volume stays closed: the genuine boot opens it, the change is in PCRs of the policy, the
 * initrd has tried and says who refused, and the TPM has given out no key for this policy.
 */
export function judgeRefused(volume: SealedVolume, trial: SealedTrial): Judgement {
  const { boot, twin, file } = trial;
  const outcome = outcomeOf(volume.name, boot);
  const refuser = refuserOf(outcome, boot);
  const common = {
    expected: `${volume.name} stays closed: the policy ${volume.policy} is not satisfied`,
    observed: observed(volume, outcome, boot),
    witness: 'TPM command log',
    file,
  } as const;
  const vacuous = whyVacuous(volume, trial, outcome, refuser);
  if (vacuous !== undefined) return { ...common, state: 'vacuous', sentence: vacuous };
  if (outcome.state === 'opened' || gaveKey(volume, boot)) {
    return { ...common, state: 'fail', sentence: `${boot.what}, ${volume.name} still opens` };
  }
  const sentence = `${boot.what}, ${refuser} refuses ${volume.name}, which ${twin.what} opens`;
  return { ...common, state: 'pass', sentence };
}

function whyVacuous(
  volume: SealedVolume,
  { boot, twin }: SealedTrial,
  outcome: VolumeOutcome,
  refuser: string | undefined,
): string | undefined {
  if (outcomeOf(volume.name, twin).state !== 'opened' || !gaveKey(volume, twin)) {
    return `${volume.name} does not open ${twin.what} either`;
  }
  if (outcome.state === 'not tried') return `${boot.what}, nobody has tried to open ${volume.name}`;
  // What opens needs no proof that there was a reason to stay closed: that is what it lacks.
  if (outcome.state === 'opened') return undefined;
  if (refuser === undefined) {
    return `${boot.what}, ${volume.name} stays closed, and nobody says why`;
  }
  const [a, b] = [pcrsWhenTried(boot), pcrsWhenTried(twin)];
  const moved = volume.pcrs.filter((pcr) => a[pcr] !== b[pcr]);
  if (volume.pcrs.length > 0 && moved.length === 0) {
    return `${boot.what}, PCR ${volume.pcrs.join(' and ')} are what they are ${twin.what}`;
  }
  return undefined;
}

function gaveKey({ policy }: SealedVolume, { exchanges }: SealedBootEvidence): boolean {
  return unsealings(exchanges).some((attempt) => attempt.unsealed && attempt.policy === policy);
}

/** Who refused: the TPM by a response code, or systemd-cryptsetup, which looks at the policy first. */
function refuserOf({ said }: VolumeOutcome, { exchanges }: SealedBootEvidence): string | undefined {
  const line = said.map((text) => REFUSAL.exec(text)?.[0]).find((text) => text !== undefined);
  if (line === undefined) return undefined;
  const code = unsealings(exchanges).find(({ refusal }) => refusal !== undefined)?.refusal;
  return code === undefined ? `systemd-cryptsetup (${line})` : `the TPM (${code})`;
}

function observed(volume: SealedVolume, outcome: VolumeOutcome, boot: SealedBootEvidence): string {
  const attempts = unsealings(boot.exchanges).map(
    ({ policy, unsealed, refusal }) =>
      `policy ${policy ?? 'none'} ${unsealed ? 'unsealed' : (refusal ?? 'not unsealed')}`,
  );
  const pcrs = pcrsWhenTried(boot);
  const values = volume.pcrs.map((pcr) => `PCR ${pcr} ${pcrs[pcr] ?? 'zero'}`);
  const said = outcome.said.filter((text) => REFUSAL.test(text)).map(quotedLine);
  return [`${volume.name} ${outcome.state}`, ...said, ...values, ...attempts].join('; ');
}
