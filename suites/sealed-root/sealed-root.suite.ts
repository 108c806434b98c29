import { judgeChannels } from '../../harness/judge/judge-channels.ts';
import { judgeLateUnlock } from '../../harness/judge/judge-late-unlock.ts';
import { judgePcrlock } from '../../harness/judge/judge-pcrlock.ts';
import { judgePolicyDigest } from '../../harness/judge/judge-policy-digest.ts';
import { externalKeyArea } from '../../harness/tpm/external-key.ts';
import { nvIndexName, objectName } from '../../harness/tpm/object-name.ts';
import {
  emptyPolicy,
  policyAuthorize,
  policyAuthorizeNv,
  policyPcr,
} from '../../harness/tpm/policy-digest.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { opens, refuses, sealed } from './conformance.ts';
import type { SealedMachine } from './machines.ts';
import { ANSWERS_FILE, PCRLOCK_FILE } from './sealed-boots.ts';
import { only, type SealedValues } from './sealed-values.ts';
import { tokenOf } from './sealed-volume.ts';
import { VOLUMES } from './volumes.ts';

opens('CVM-SR-001', 'every volume opens', 'genuine', ['pcr7', 'pcr4-7', 'pcr11'], {
  isTimed: true,
});

refuses('CVM-SR-002', 'PCR 7 tells', 'secure-boot-off', ['pcr7', 'pcr4-7']);
refuses('CVM-SR-003', 'a signed PCR 11 tells', 'secure-boot-off', ['pcr11']);
refuses('CVM-SR-004', 'PCR 7 tells', 'other-db', ['pcr7', 'pcr4-7']);

refuses('CVM-SR-005', 'PCRs 4 and 11 tell', 'crafted', ['pcr4-7', 'pcr11']);
refuses('CVM-SR-006', 'PCR 7 alone tells', 'crafted', ['pcr7']);
refuses('CVM-SR-007', 'PCR 7 tells', 'crafted-other-signer', ['pcr7', 'pcr4-7', 'pcr11']);

refuses('CVM-SR-008', 'PCRs 4 and 11 tell', 'other-cmdline', ['pcr4-7', 'pcr11']);

refuses('CVM-SR-009', 'PCR 4 tells', 'other-release', ['pcr4-7']);
opens('CVM-SR-010', 'what is sealed to it opens', 'other-release', [
  'pcr7',
  'pcr11',
  'pcr4-7-next',
]);
refuses('CVM-SR-011', 'a signed PCR 11 tells', 'other-release', ['pcr11']);

sealed('CVM-SR-012', 'a key for the initrd is refused later', 'genuine', ({ boot: { answers } }) =>
  answers === undefined
    ? []
    : [judgeLateUnlock({ twin: answers.reopened, late: answers.late, file: ANSWERS_FILE })],
);

refuses('CVM-SR-013', 'nothing opens', 'other-tpm', ['pcr7', 'pcr4-7', 'pcr11']);

sealed('CVM-SR-014', 'policies are as computed offline', 'genuine', ({ evidence, inputs }) => {
  const values = inputs.forecasts.genuine;
  const ofPcrs = (chosen: SealedValues) =>
    policyPcr('sha256', emptyPolicy('sha256'), { sha256: chosen });
  const signer = objectName('sha256', externalKeyArea(inputs.signer));
  const computed = {
    pcr7: ofPcrs(only(values, 7)),
    'pcr4-7': ofPcrs(only(values, 4, 7)),
    pcr11: policyAuthorize('sha256', signer),
  } as const;
  return (['pcr7', 'pcr4-7', 'pcr11'] as const).map((name) =>
    judgePolicyDigest({
      volume: VOLUMES[name],
      computed: computed[name],
      token: inputs.tokens[name] ?? 'none',
      boot: evidence,
      file: VM_LOGS.tpm,
    }),
  );
});

opens('CVM-SR-016', 'a policy of systemd-pcrlock opens', 'genuine', ['pcrlock']);
opens('CVM-SR-016', 'the policy opens for the other release', 'other-release', ['pcrlock']);
for (const machine of ['other-cmdline', 'secure-boot-off', 'other-db'] as const) {
  refuses('CVM-SR-017', 'a policy of systemd-pcrlock tells', machine, ['pcrlock']);
}
sealed('CVM-SR-018', 'systemd-pcrlock is as computed offline', 'genuine', (run) => {
  const { forecast, predicted, kept, file } = run.inputs.pcrlock;
  return [
    ...judgePcrlock({ forecast, predicted, kept, file: PCRLOCK_FILE }),
    judgePolicyDigest({
      volume: VOLUMES.pcrlock,
      computed: policyAuthorizeNv('sha256', nvIndexName(file.nv)),
      token: tokenOf('pcrlock', run),
      boot: run.evidence,
      file: VM_LOGS.tpm,
    }),
  ];
});

opens('CVM-SR-019', 'the volume that the guest keyed opens', 'next-boot', ['first-boot'], {
  isTimed: true,
});
refuses('CVM-SR-019', 'PCR 4 tells', 'other-cmdline', ['first-boot'], { twinOf: 'next-boot' });
sealed('CVM-SR-019', 'its policy is as forecast', 'next-boot', (run) => [
  judgePolicyDigest({
    volume: VOLUMES['first-boot'],
    computed: policyPcr('sha256', emptyPolicy('sha256'), {
      sha256: only(run.inputs.forecasts.genuine, 4, 7),
    }),
    token: tokenOf('first-boot', run),
    boot: run.evidence,
    file: VM_LOGS.tpm,
  }),
]);

/** Boots in which volumes stay closed. */
const REFUSED: readonly SealedMachine[] = [
  'secure-boot-off',
  'other-db',
  'crafted',
  'crafted-other-signer',
  'other-cmdline',
  'other-tpm',
];

for (const machine of REFUSED) {
  sealed('CVM-SR-015', 'no plaintext comes out', machine, ({ boot, evidence, genuine, inputs }) => [
    judgeChannels({
      what: evidence.what,
      secret: inputs.secret,
      channels: boot.channels,
      told: genuine.answers?.secrets.output ?? '',
      file: VM_LOGS.console,
    }),
  ]);
}
