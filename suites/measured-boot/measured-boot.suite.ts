import { judgeTwins } from '../../harness/judge/judge-twins.ts';
import { conformance, twins } from '../conformance.ts';
import { BOOT_JUDGES } from './boot-judges.ts';
import { judgeCmdline } from './cmdline.ts';
import { MEASURED_BOOT_MACHINES, OTHER_WORD } from './machines.ts';

const machines = Object.keys(MEASURED_BOOT_MACHINES);

conformance('CVM-MB-001', 'PCR 4 is as predicted', machines, BOOT_JUDGES['CVM-MB-001']);
conformance('CVM-MB-002', 'PCR 7 is as predicted', machines, BOOT_JUDGES['CVM-MB-002']);
conformance('CVM-MB-003', 'PCR 11 is as predicted', machines, BOOT_JUDGES['CVM-MB-003']);

conformance(
  'CVM-MB-004',
  'the event log accounts for PCRs 0–7 and 9',
  machines,
  BOOT_JUDGES['CVM-MB-004'],
);
conformance(
  'CVM-MB-005',
  'both event logs account for PCRs 11 and 15',
  machines,
  BOOT_JUDGES['CVM-MB-005'],
);

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

conformance(
  'CVM-MB-008',
  'events carry the bytes of their digests',
  machines,
  BOOT_JUDGES['CVM-MB-008'],
);
