import { judgeChannels } from '../../../harness/judge/judge-channels.ts';
import { judgeFreshTpm, judgeUseOf } from '../../../harness/judge/judge-fresh-tpm.ts';
import { judgeLateUnlock } from '../../../harness/judge/judge-late-unlock.ts';
import { judgeComparison, judgeOpenings, judgeSwap } from '../../../harness/judge/judge-lives.ts';
import { judgeRemains } from '../../../harness/judge/judge-remains.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const FILE = 'evidence.json';
const PCRS = 'sha256:\n  4 : 0xAA\n';
const REFUSED = { exitCode: 1, output: 'integrity check failed' };
const CLOSED = { opened: false, said: 'ErrorCode (0x000003df)' };
const OPENED = { opened: true, said: 'opened' };

/** TPMs that are not what they are said to be. */
export const TPM_LIVES: readonly Sabotage[] = [
  made(
    'CVM-EV-003',
    { what: 'two boots have one EK', says: 'the EKs of two boots does not differ' },
    async () => ({ sound: fresh(['aa', 'bb']), wrong: fresh(['aa', 'aa']) }),
  ),
  made(
    'CVM-EV-004',
    { what: 'the next boot opens what the first has sealed', says: 'an object is not refused' },
    async () => ({ sound: [use(REFUSED)], wrong: [use({ exitCode: 0, output: 's3cret' })] }),
  ),
  made(
    'CVM-EV-005',
    { what: 'the host keeps the state of a TPM', says: 'something of the TPM is left on the host' },
    async () => ({ sound: [remains([])], wrong: [remains(['/tmp/old: state of the TPM'])] }),
  ),
  made(
    'CVM-EV-006',
    { what: 'the next TPM opens the volume', says: 'is not refused by the next' },
    async () => ({ sound: [openings(CLOSED)], wrong: [openings(OPENED)] }),
  ),
  made(
    'CVM-EV-007',
    { what: 'a TPM that is kept has another EK at its next start', says: 'the EK is another' },
    async () => ({ sound: [ek('aa')], wrong: [ek('bb')] }),
  ),
  made(
    'CVM-EV-009',
    {
      what: 'a TPM that runs reads its state again when its files were swapped',
      says: 'a TPM whose files are swapped during its run is another',
    },
    async () => ({ sound: [swap('aa')], wrong: [swap('bb')] }),
  ),
  made(
    'CVM-SR-012',
    { what: 'a key for the initrd comes out later', says: 'is not refused after leave-initrd' },
    async () => ({
      sound: [
        late({
          exitCode: 1,
          output: 'Failed to unseal secret using TPM2: No such device or address',
        }),
      ],
      wrong: [late({ exitCode: 0, output: '' })],
    }),
  ),
  made(
    'CVM-SR-015',
    { what: 'the initrd prints what is in a volume', says: 'the volumes’ text comes out' },
    async () => ({ sound: [channel('nothing to see')], wrong: [channel('it is s3cret')] }),
  ),
];

function fresh(eks: readonly [string, string]) {
  return judgeFreshTpm({ keys: { EKs: eks }, pcrs: [PCRS, PCRS], file: FILE });
}

function use(other: { readonly exitCode: number; readonly output: string }) {
  const own = { exitCode: 0, output: 's3cret' };
  return judgeUseOf({
    what: 'an object',
    secret: 's3cret',
    refusal: /integrity/,
    own,
    other,
    file: FILE,
  });
}

function remains(ended: readonly string[]) {
  return judgeRemains({
    end: 'power-off',
    alive: ['/tmp/vm: state of the TPM'],
    ended,
    file: FILE,
  });
}

function openings(other: typeof CLOSED) {
  return judgeOpenings({ own: OPENED, other, refusal: /df\)/, file: FILE });
}

function ek(second: string) {
  return judgeComparison({ what: 'the EK', first: 'aa', second, same: true, file: FILE });
}

function swap(during: string) {
  const swapped = { before: 'aa', during, next: during };
  return judgeSwap({ ek: swapped, exchanged: 'bb', other: 'bb', file: FILE });
}

function late(attempt: { readonly exitCode: number; readonly output: string }) {
  return judgeLateUnlock({ twin: { exitCode: 0, output: '' }, late: attempt, file: FILE });
}

function channel(text: string) {
  const channels = { 'console.log': Buffer.from(text) };
  const what = 'with Secure Boot off';
  return judgeChannels({ what, secret: 's3cret', channels, told: 's3cret', file: FILE });
}
