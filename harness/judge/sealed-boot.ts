import { replay } from '../measure/replay.ts';
import { extendsSinceStartup } from '../tpm/pcr-extend.ts';
import type { TpmExchange } from '../tpm/swtpm-log.ts';
import { beforeUnsealing } from '../tpm/unsealing.ts';

/** What is known of a boot whose initrd opens volumes. */
export type SealedBootEvidence = {
  /** What is the matter with it; begins a sentence. */
  readonly what: string;
  /** Lines of the console, each behind the seconds since power-on. */
  readonly console: string;
  /** Everything that the TPM was sent, and answered. */
  readonly exchanges: readonly TpmExchange[];
};

/** What the initrd of uki-luks said of a volume. */
export type VolumeOutcome = {
  readonly state: 'opened' | 'refused' | 'not tried';
  /** What systemd-cryptsetup said on the way. */
  readonly said: readonly string[];
};

const LINE = /^ *\d+\.\d+ (.*)$/;

/**
 * What a boot's console says of a volume (`vm-images/uki-luks`, cvm-unseal@.service): volumes are tried one
 * after the other, so that what is said before the outcome is said of it.
 */
export function outcomeOf(volume: string, { console }: SealedBootEvidence): VolumeOutcome {
  let said: string[] = [];
  for (const line of console.split('\n')) {
    const [, text = ''] = LINE.exec(line) ?? [];
    const outcome = /^cvm-volume: (\S+) (opened|ended: .*)$/.exec(text.trim());
    if (outcome === null) {
      said.push(text.trim());
      continue;
    }
    if (outcome[1] === volume) {
      const state = outcome[2] === 'opened' ? 'opened' : 'refused';
      return { state, said };
    }
    said = [];
  }
  return { state: 'not tried', said: [] };
}

/** PCRs (SHA-256) when the first volume was tried, by the TPM's own commands. */
export function pcrsWhenTried({ exchanges }: SealedBootEvidence): Readonly<Record<number, string>> {
  const extended = extendsSinceStartup(beforeUnsealing(exchanges));
  const known = extended.filter(({ digests }) => digests['sha256'] !== undefined);
  return replay(known, 'sha256');
}
