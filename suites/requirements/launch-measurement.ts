import type { Requirement } from './requirement.ts';

const chapter = 'launch-measurement';

const ABI = 'AMD 56860, SEV-SNP Firmware ABI';

const LAUNCH_MEASUREMENT_REQUIREMENTS = [
  {
    id: 'CVM-LM-001',
    chapter,
    level: 'MUST',
    sentence:
      'Whatever a guest starts from moves its launch digest: each byte of the firmware, kernel, initrd, command line, the hashes of them at all, number and type of vCPUs, and SEV features.',
    citation: `${ABI}, SNP_LAUNCH_UPDATE; QEMU target/i386/sev.c`,
    shownBy: 'launch digests computed from the machine’s files, each with one thing changed',
  },
  {
    id: 'CVM-LM-002',
    chapter,
    level: 'MUST',
    sentence:
      'An ID block for the machine’s launch verifies; with another launch digest, another policy or a changed byte it does not, and the reason is named.',
    citation: `${ABI}, SNP_LAUNCH_FINISH`,
    shownBy: 'ID blocks signed with keys of the run, verified as the secure processor does',
  },
  {
    id: 'CVM-LM-003',
    chapter,
    level: 'MUST',
    sentence:
      'QEMU knows every property of the launch, and where the host has no SEV-SNP the launch fails for that and for nothing else.',
    citation: 'QEMU qapi/qom.json, SevSnpGuestProperties',
    shownBy: '-object sev-snp-guest,help, and the last lines of a QEMU that is started for it',
  },
  {
    id: 'CVM-LM-004',
    chapter,
    level: 'MUST',
    sentence: 'The guest’s report shows the launch digest that was computed offline.',
    citation: `${ABI}, ATTESTATION_REPORT, MEASUREMENT`,
    shownBy: 'a report that the guest gets over configfs-tsm, fetched over SSH',
  },
  {
    id: 'CVM-LM-005',
    chapter,
    level: 'MUST',
    sentence: 'The guest’s report carries the nonce that the guest was told just before.',
    citation: `${ABI}, ATTESTATION_REPORT, REPORT_DATA; Linux Documentation/ABI/testing/configfs-tsm-report`,
    shownBy: 'a report that the guest gets over configfs-tsm, fetched over SSH',
  },
  {
    id: 'CVM-LM-006',
    chapter,
    level: 'MUST',
    sentence: 'The guest’s report shows the host data and the policy of the launch.',
    citation: `${ABI}, ATTESTATION_REPORT, HOST_DATA and POLICY`,
    shownBy: 'a report that the guest gets over configfs-tsm, fetched over SSH',
  },
  {
    id: 'CVM-LM-007',
    chapter,
    level: 'MUST',
    sentence:
      'A launch whose ID block is for another digest or policy, or is not signed by its key, is refused.',
    citation: `${ABI}, SNP_LAUNCH_FINISH`,
    shownBy: 'QEMU’s last lines; the same launch with the right ID block goes on to the guest',
  },
  {
    id: 'CVM-LM-008',
    chapter,
    level: 'MUST',
    sentence:
      'A guest that starts from a changed firmware shows the digest that was computed for the change.',
    citation: `${ABI}, SNP_LAUNCH_UPDATE`,
    shownBy: 'reports of two guests whose firmware differs in a byte that nothing executes',
  },
] as const satisfies readonly Requirement[];

export type LaunchMeasurementRequirement = (typeof LAUNCH_MEASUREMENT_REQUIREMENTS)[number]['id'];

/** What an SNP guest is launched from, and what its report says of it. */
export const LAUNCH_MEASUREMENT: readonly Requirement[] = LAUNCH_MEASUREMENT_REQUIREMENTS;
