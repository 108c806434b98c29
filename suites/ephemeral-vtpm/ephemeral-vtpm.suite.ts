import { judgeDoctoredLog } from '../../harness/judge/judge-doctored-log.ts';
import { judgeFreshTpm, judgeUseOf } from '../../harness/judge/judge-fresh-tpm.ts';
import {
  judgeComparison,
  judgeOpenings,
  judgeRollBack,
  judgeSwap,
} from '../../harness/judge/judge-lives.ts';
import { conformance } from '../conformance.ts';
import { BOOT_JUDGES } from '../measured-boot/boot-judges.ts';
import { afterEachEnd, twoBoots, twoLives } from './conformance.ts';
import { numbered } from './numbered.ts';
import { VTPM_FILES } from './vtpm-runs.ts';

/** One of each boot path of the measured boot. */
const BOOTS = ['uki', 'uki-secure-boot', 'shim-secure-boot', 'direct-kernel'];

/** What the TPM says of an object of another TPM, and of an index that it does not have (Part 2, 6.6.3). */
const NOT_ITS_OBJECT = /integrity check failed/i;
const NOT_ITS_INDEX = /handle.*(?:not correct|invalid|does not exist)|TPM_RC_HANDLE|0x18b/i;

/** The same as systemd says it: the storage root key is not the one that the key is sealed under. */
const NOT_ITS_KEY = /integrity check failed|SRK|not match|Failed to unseal secret using TPM2/i;

conformance('CVM-EV-001', 'the logs are what the TPM was sent', BOOTS, BOOT_JUDGES['CVM-EV-001']);
conformance('CVM-EV-002', 'a doctored log is given away', BOOTS, ({ observation }) => [
  judgeDoctoredLog(observation),
]);

twoBoots('CVM-EV-003', 'two boots have TPMs of their own', ({ first, second }) => {
  const [a, b] = [first.identity, second.identity];
  const [ek, srk, ak] = [numbered('EK'), numbered('SRK'), numbered('AK')];
  return judgeFreshTpm({
    keys: {
      EKs: [ek(a.ek), ek(b.ek)],
      SRKs: [srk(a.srk), srk(b.srk)],
      AKs: [ak(a.ak), ak(b.ak)],
    },
    pcrs: [a.pcrs, b.pcrs],
    file: VTPM_FILES.boots,
  });
});
twoBoots('CVM-EV-004', 'what one boot leaves is of no use in another', (boots) => {
  const { secret, first, second } = boots;
  const common = { secret, file: VTPM_FILES.boots };
  return [
    judgeUseOf({
      ...common,
      what: 'an object that the first boot has sealed',
      refusal: NOT_ITS_OBJECT,
      own: first.unseal,
      other: second.unseal,
    }),
    judgeUseOf({
      ...common,
      what: 'an NV index that the first boot has written',
      refusal: NOT_ITS_INDEX,
      own: first.readIndex,
      other: second.readIndex,
    }),
  ];
});

afterEachEnd('CVM-EV-005');

twoLives('CVM-EV-006', 'a volume keyed to one TPM stays closed with the next', ({ volume }) => [
  judgeOpenings({ ...volume, refusal: NOT_ITS_KEY, file: VTPM_FILES.lives }),
]);
twoLives('CVM-EV-007', 'a TPM whose state is kept stays itself', ({ ek, volume }) => {
  const file = VTPM_FILES.lives;
  const what = 'the EK of a TPM whose state is kept';
  const name = numbered('EK');
  const first = name(ek.first);
  return [
    judgeComparison({ what, first, second: name(ek.second), same: true, file }),
    judgeComparison({
      what: 'the EK of the next TPM',
      first,
      second: name(ek.other),
      same: false,
      file,
    }),
    judgeComparison({
      what: 'a volume sealed to it, at another start of it,',
      first: 'opened',
      second: volume.own.said,
      same: true,
      file,
    }),
  ];
});
twoLives('CVM-EV-008', 'an older state is not accepted', ({ counter, rolledBack }) => [
  judgeRollBack({ counter, opening: rolledBack, file: VTPM_FILES.lives }),
]);
twoLives('CVM-EV-009', 'files that are swapped change nothing', ({ ek, swapped, exchanged }) => {
  const name = numbered('EK');
  const { before, during, next } = swapped;
  return [
    judgeSwap({
      ek: { before: name(before), during: name(during), next: name(next) },
      exchanged: name(exchanged),
      other: name(ek.other),
      file: VTPM_FILES.lives,
    }),
  ];
});
