import { createHash } from 'node:crypto';
import { bytesSource } from '../../bytes/source.ts';
import { readSwtpmLog } from '../../tpm/swtpm-log.ts';
import { CLEAR_STARTUP, extendCommand, loggedExchange } from '../../tpm/testing/swtpm-text.ts';
import type { SealedBootEvidence } from '../sealed-boot.ts';

/** TPM_RC_INITIALIZE (TPM 2.0 Library, Part 2, 6.6.3). */
const STARTED_ALREADY = '80010000000a00000100';

/** TPM2_Load, TPM2_PolicyGetDigest and TPM2_Unseal, as far as anybody looks at them. */
const LOAD = '80020000000a00000157';
const IMPORT = '80020000000a00000156';
const GET_DIGEST = '80010000000a00000189';
const UNSEAL = '80020000000a0000015e';

/** An attempt to open a volume: what is said of it, and the policy that the TPM found. */
export type MadeAttempt = {
  readonly volume: string;
  readonly policy: string;
  readonly outcome: 'opened' | 'refused';
  /** What systemd-cryptsetup says. */
  readonly said?: string;
  /** Response code of TPM2_Import, where the TPM refuses that. */
  readonly code?: number;
};

/** What a boot leaves that has measured texts, and then tried to open volumes. */
export function madeSealedBoot(
  what: string,
  measured: readonly (readonly [pcr: number, text: string])[],
  attempts: readonly MadeAttempt[],
): SealedBootEvidence {
  const extended = measured.map(([pcr, text]) => {
    const digest = createHash('sha256').update(text).digest('hex');
    return loggedExchange(extendCommand(pcr, [['000b', digest]]));
  });
  const log = [loggedExchange(CLEAR_STARTUP), ...extended, ...attempts.map(exchangesOf)].join('');
  const lines = attempts.flatMap(({ volume, outcome, said }) => [
    ...(said === undefined ? [] : [said]),
    `cvm-volume: ${volume} ${outcome === 'opened' ? 'opened' : 'ended: exit-code'}`,
  ]);
  return {
    what,
    console: lines.map((line, index) => `   ${index + 10}.000 ${line}\n`).join(''),
    exchanges: readSwtpmLog(bytesSource('swtpm.log', Buffer.from(log))),
  };
}

function exchangesOf({ policy, outcome, code }: MadeAttempt): string {
  const begin = loggedExchange(CLEAR_STARTUP, STARTED_ALREADY);
  if (code !== undefined) return begin + loggedExchange(IMPORT, `80010000000a${hex32(code)}`);
  const digest = `80010000002c000000000020${policy}`;
  const asked = loggedExchange(LOAD) + loggedExchange(GET_DIGEST, digest);
  return begin + asked + (outcome === 'opened' ? loggedExchange(UNSEAL) : '');
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
