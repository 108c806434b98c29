import { ADDON_WORD } from '../../harness/images/loader-disk.ts';
import { judgeTwins } from '../../harness/judge/judge-twins.ts';
import { conformance, twins } from '../conformance.ts';
import { BOOT_JUDGES } from './boot-judges.ts';
import { judgeCmdline } from './cmdline.ts';
import {
  hasKnownIma,
  MEASURED_BOOT_MACHINES,
  type MeasuredBootMachine,
  OTHER_WORD,
  PROFILE_WORD,
} from './machines.ts';

const machines = Object.keys(MEASURED_BOOT_MACHINES) as MeasuredBootMachine[];

conformance('CVM-MB-001', 'PCR 4 is as predicted', machines, BOOT_JUDGES['CVM-MB-001']);
conformance('CVM-MB-002', 'PCR 7 is as predicted', machines, BOOT_JUDGES['CVM-MB-002']);
conformance('CVM-MB-003', 'PCR 11 is as predicted', machines, BOOT_JUDGES['CVM-MB-003']);

conformance(
  'CVM-MB-004',
  'the event log accounts for PCRs 0–9 and 12–14',
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

conformance('CVM-MB-009', 'PCR 0 is as forecast', machines, BOOT_JUDGES['CVM-MB-009']);
conformance('CVM-MB-010', 'PCR 1 is as predicted', machines, BOOT_JUDGES['CVM-MB-010']);
conformance(
  'CVM-MB-011',
  'PCRs 2, 3, 6 and 8 are as predicted',
  machines,
  BOOT_JUDGES['CVM-MB-011'],
);
conformance('CVM-MB-012', 'PCR 5 is as predicted', machines, BOOT_JUDGES['CVM-MB-012']);
conformance('CVM-MB-013', 'PCR 9 is as predicted', machines, BOOT_JUDGES['CVM-MB-013']);
conformance('CVM-MB-014', 'PCRs 12 and 13 are as predicted', machines, BOOT_JUDGES['CVM-MB-014']);
conformance(
  'CVM-MB-014',
  'the kernel ran with the words of addon and profile',
  ['systemd-boot-profile'],
  ({ dossier }) => [judgeCmdline(dossier, ADDON_WORD), judgeCmdline(dossier, PROFILE_WORD)],
);
conformance('CVM-MB-015', 'PCR 14 is as predicted', machines, BOOT_JUDGES['CVM-MB-015']);
conformance('CVM-MB-016', 'PCR 15 is as predicted', machines, BOOT_JUDGES['CVM-MB-016']);
conformance(
  'CVM-MB-017',
  'PCR 10 is as predicted',
  machines.filter((name) => hasKnownIma(MEASURED_BOOT_MACHINES[name])),
  BOOT_JUDGES['CVM-MB-017'],
);
