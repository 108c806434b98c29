import { judgeEventData, judgeReplay } from '../../harness/judge/judge-logs.ts';
import { judgePcr } from '../../harness/judge/judge-pcr.ts';
import { judgeTwins } from '../../harness/judge/judge-twins.ts';
import type { ConformanceBoot } from '../boots.ts';
import { conformance, twins } from '../conformance.ts';
import { judgeCmdline } from './cmdline.ts';
import { MEASURED_BOOT_MACHINES, OTHER_WORD } from './machines.ts';

const machines = Object.keys(MEASURED_BOOT_MACHINES);
const pcr = (index: number) => (boot: ConformanceBoot) =>
  judgePcr(index, boot.prediction, boot.observation);

conformance('CVM-MB-001', 'PCR 4 is as predicted', machines, pcr(4));
conformance('CVM-MB-002', 'PCR 7 is as predicted', machines, pcr(7));
conformance('CVM-MB-003', 'PCR 11 is as predicted', machines, pcr(11));

conformance('CVM-MB-004', 'the event log accounts for PCRs 0–7 and 9', machines, (boot) => [
  judgeReplay([0, 1, 2, 3, 4, 5, 6, 7, 9], boot.observation),
]);
conformance('CVM-MB-005', 'both event logs account for PCRs 11 and 15', machines, (boot) => [
  judgeReplay([11, 15], boot.observation),
]);

twins(
  'CVM-MB-006',
  'another command line moves PCRs 4 and 11',
  { boot: 'uki', twin: 'uki-other-cmdline' },
  (boot, twin) => [
    judgeCmdline(twin.dossier, OTHER_WORD),
    ...judgeTwins({ what: 'another command line', moved: [4, 11], unmoved: [7] }, boot, twin),
  ],
);
twins(
  'CVM-MB-007',
  'another certificate moves PCR 7',
  { boot: 'uki-secure-boot', twin: 'uki-other-certificate' },
  (boot, twin) =>
    judgeTwins({ what: 'another certificate', moved: [7], unmoved: [4, 11] }, boot, twin),
);

conformance('CVM-MB-008', 'events carry the bytes of their digests', machines, (boot) => [
  judgeEventData(boot.observation),
]);
