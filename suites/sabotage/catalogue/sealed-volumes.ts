import { createHash } from 'node:crypto';
import { judgePcrlock } from '../../../harness/judge/judge-pcrlock.ts';
import { judgePolicyDigest } from '../../../harness/judge/judge-policy-digest.ts';
import {
  judgeOpened,
  judgeRefused,
  type SealedVolume,
} from '../../../harness/judge/judge-sealed-volume.ts';
import type { SealedBootEvidence } from '../../../harness/judge/sealed-boot.ts';
import { type PcrVariants, pcrlockPolicy } from '../../../harness/tpm/pcrlock-policy.ts';
import type { TpmExchange } from '../../../harness/tpm/swtpm-log.ts';
import type { Requirement } from '../../requirements/requirement.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const FILE = 'console.log';

/** A volume and the digest of its policy. */
const VOLUME: SealedVolume = { name: 'sealed-pcr7', policy: 'aa'.repeat(32), pcrs: [7] };

/** Response codes (TPM 2.0 Library, Part 2, 6.6.3). */
const SUCCESS = 0;
const INITIALIZE = 0x100;

/** TPM2_Startup(TPM_SU_CLEAR) (Part 3, 9.3). */
const STARTUP = '80010000000c000001440000';

const GENUINE = boot('in the genuine boot', 'Secure Boot on', 'opened');
const REFUSED = boot('in the changed boot', 'Secure Boot off', 'refused');
const OPENED = boot('in the changed boot', 'Secure Boot off', 'opened');

/** Requirements that a boot opens no volume, and what is wrong where it does. */
const REFUSALS = {
  'CVM-SR-002': 'a key for PCR 7 comes out with Secure Boot off',
  'CVM-SR-003': 'a key for a signed PCR 11 comes out with Secure Boot off',
  'CVM-SR-004': 'a key for PCR 7 comes out with another db',
  'CVM-SR-005': 'a key for PCR 4 comes out for a crafted initrd',
  'CVM-SR-006': 'a key for PCR 7 comes out for a crafted initrd',
  'CVM-SR-007': 'a key for a certificate comes out for what another one has signed',
  'CVM-SR-008': 'a key for PCR 4 comes out with another command line',
  'CVM-SR-009': 'a key for one release comes out for another',
  'CVM-SR-011': 'a key for a signed PCR 11 comes out for an older release',
  'CVM-SR-013': 'a key comes out of another TPM',
  'CVM-SR-017': 'a key for a policy of systemd-pcrlock comes out for what it does not foresee',
  'CVM-SR-019': 'a key of the first boot comes out for a UKI that was changed since',
} as const;

/** TPMs that give out keys which they should keep, or keep those that they should give out. */
export const SEALED_VOLUMES: readonly Sabotage[] = [
  ...Object.entries(REFUSALS).map(([id, what]) =>
    made(id as Requirement['id'], { what, says: 'sealed-pcr7 still opens' }, async () => ({
      sound: [refused(REFUSED)],
      wrong: [refused(OPENED)],
    })),
  ),
  ...(['CVM-SR-001', 'CVM-SR-010', 'CVM-SR-016', 'CVM-SR-019'] as const).map((id) =>
    made(
      id,
      { what: 'the initrd says open, and the TPM gave out no key', says: 'does not open' },
      async () => ({
        sound: [opened(GENUINE)],
        wrong: [opened({ ...GENUINE, exchanges: REFUSED.exchanges })],
      }),
    ),
  ),
  made(
    'CVM-SR-014',
    { what: 'the header has the digest of another policy', says: 'is another than was computed' },
    async () => ({ sound: [policy(VOLUME.policy)], wrong: [policy('bb'.repeat(32))] }),
  ),
  made(
    'CVM-SR-018',
    {
      what: 'the NV index holds a policy for another release',
      says: 'the NV index holds another policy than is computed offline',
    },
    async () => ({ sound: pcrlock(VARIANTS), wrong: pcrlock({ ...VARIANTS, 4: ['11', '33'] }) }),
  ),
  made(
    'CVM-SR-018',
    {
      what: 'systemd-pcrlock foresees another PCR than was forecast',
      says: 'systemd-pcrlock predicts other PCRs than were forecast',
    },
    async () => ({
      sound: pcrlock(VARIANTS),
      wrong: pcrlock(VARIANTS, digests({ ...VARIANTS, 7: ['55'] })),
    }),
  ),
];

/** First byte of each value that a PCR may have. */
type Variants = Readonly<Record<number, readonly string[]>>;

const VARIANTS: Variants = { 4: ['11', '22'], 7: ['44'] };

function digests(variants: Variants): PcrVariants {
  const whole = ([pcr, values]: [string, readonly string[]]) =>
    [pcr, values.map((byte) => byte.repeat(32))] as const;
  return Object.fromEntries(Object.entries(variants).map(whole));
}

/** An index with the policy of some values, judged against the forecast of {@link VARIANTS}. */
function pcrlock(written: Variants, predicted = digests(VARIANTS)) {
  const forecast = digests(VARIANTS);
  const kept = `000b${pcrlockPolicy('sha256', digests(written))}`;
  return judgePcrlock({ forecast, predicted, kept, file: FILE });
}

function refused(changed: SealedBootEvidence) {
  return judgeRefused(VOLUME, { boot: changed, twin: GENUINE, file: FILE });
}

function opened(evidence: SealedBootEvidence) {
  return judgeOpened(VOLUME, { boot: evidence, file: FILE });
}

function policy(token: string) {
  const { name, policy: computed } = VOLUME;
  return judgePolicyDigest({ volume: name, computed, token, boot: GENUINE, file: FILE });
}

/** A boot that has measured a text into PCR 7, and has tried to open the volume. */
function boot(what: string, measured: string, outcome: 'opened' | 'refused'): SealedBootEvidence {
  const isOpened = outcome === 'opened';
  const found = isOpened ? VOLUME.policy : 'cc'.repeat(32);
  const said = isOpened
    ? ''
    : '   9.000 Failed to unseal secret using TPM2: Operation not permitted\n';
  const exchanges = [
    exchange(STARTUP, SUCCESS),
    exchange(extendOf(measured), SUCCESS),
    exchange(STARTUP, INITIALIZE),
    exchange(commandOf(0x157), SUCCESS),
    exchange(commandOf(0x189), SUCCESS, `0020${found}`),
    ...(isOpened ? [exchange(commandOf(0x15e), SUCCESS)] : []),
  ];
  const end = isOpened ? 'opened' : 'ended: exit-code';
  return { what, exchanges, console: `${said}  10.000 cvm-volume: ${VOLUME.name} ${end}\n` };
}

function commandOf(code: number): string {
  return `80020000000a${code.toString(16).padStart(8, '0')}`;
}

/** TPM2_PCR_Extend of PCR 7 with an empty password (Part 3, 22.2). */
function extendOf(text: string): string {
  const digest = createHash('sha256').update(text).digest('hex');
  return `80020000004100000182000000070000000940000009000000000000000001000b${digest}`;
}

function exchange(command: string, code: number, parameters = ''): TpmExchange {
  const response = `80010000000a${code.toString(16).padStart(8, '0')}${parameters}`;
  return {
    command: Buffer.from(command, 'hex'),
    response: Buffer.from(response, 'hex'),
    offset: 0,
  };
}
