import type { Requirement } from './requirement.ts';

const chapter = 'ephemeral-vtpm';

/** A vTPM that is made anew at every boot, as against one whose state the host keeps. */
export const EPHEMERAL_VTPM: readonly Requirement[] = [
  {
    id: 'CVM-EV-001',
    chapter,
    level: 'MUST',
    sentence:
      'What a guest’s logs say was measured is, extend by extend and in this order, what its TPM was sent.',
    citation: 'TCG PC Client PFP 1.06, 10.1; TPM 2.0 Library, Part 3, 22.2 and 22.3',
    shownBy:
      'swtpm’s log of every command since power-on, kept by the host, against the event logs and tpm2_pcrread of the guest',
  },
  {
    id: 'CVM-EV-002',
    chapter,
    level: 'MUST',
    sentence:
      'A guest that hides a measured event, and whose own words all fit together, is given away by the commands of its TPM.',
    citation: 'TCG PC Client PFP 1.06, 10.1',
    shownBy: 'the logs of a real boot, doctored; the same boot’s honest logs are the twin',
  },
  {
    id: 'CVM-EV-003',
    chapter,
    level: 'MUST',
    sentence:
      'Two boots of one image have nothing of their TPMs in common: EK, SRK (and with them the seeds they are derived from) and AK differ; what they measured is the same.',
    citation: 'TPM 2.0 Library, Part 1, 14 and 27; AMD SVSM specification 57019, 8 (vTPM protocol)',
    shownBy: 'tpm2 createek, createprimary, createak and pcrread in two guests',
  },
  {
    id: 'CVM-EV-004',
    chapter,
    level: 'MUST',
    sentence:
      'What one boot seals under its SRK, or writes to an NV index, is of no use in another boot.',
    citation:
      'TPM 2.0 Library, Part 3, 12.2 (TPM2_Load: TPM_RC_INTEGRITY) and 31.13 (TPM2_NV_Read)',
    shownBy: 'tpm2 load, unseal and nvread in the second guest; in the first they succeed',
  },
  {
    id: 'CVM-EV-005',
    chapter,
    level: 'MUST',
    sentence:
      'After power-off, and after SIGKILL of QEMU, swtpm or the harness, no state, key, socket or process of the TPM is left on the host.',
    citation: 'CONTRIBUTING.md: every process, socket, directory and VM is disposable',
    shownBy:
      'a search by content of the host’s directories for temporary files, which finds the TPM while it lives',
  },
  {
    id: 'CVM-EV-006',
    chapter,
    level: 'MUST',
    sentence:
      'A volume whose key is sealed to an ephemeral TPM cannot be opened with the next one.',
    citation: 'systemd-cryptenroll(1), --tpm2-device; TPM 2.0 Library, Part 3, 12.2',
    shownBy: 'a LUKS2 volume, opened by systemd with its own TPM, and refused by another',
  },
  {
    id: 'CVM-EV-007',
    chapter,
    level: 'MUST',
    sentence:
      'A TPM whose state is kept is the same after each start: its EK stays, and what was sealed to it can be used.',
    citation: 'TPM 2.0 Library, Part 1, 14.3 (primary seeds) and 37 (NV memory)',
    shownBy: 'EK and LUKS2 volume of one state at two starts of swtpm',
  },
  {
    id: 'CVM-EV-008',
    chapter,
    level: 'SHOULD',
    sentence: 'A TPM does not accept an older copy of its own state.',
    citation:
      'TCG PC Client Platform TPM Profile 1.05, 4 (NV memory is protected against roll-back in a hardware TPM)',
    shownBy: 'an NV counter and a LUKS2 volume after the state was rolled back',
  },
  {
    id: 'CVM-EV-009',
    chapter,
    level: 'MUST',
    sentence:
      'A TPM that runs takes nothing from another TPM’s files that are put in the place of its own: it goes on as itself, and is itself at its next start.',
    citation: 'TPM 2.0 Library, Part 1, 14.3 (primary seeds) and 37 (NV memory)',
    shownBy:
      'the EK before and after the files were swapped, and at the next start of swtpm; a copy that is started with those files is the twin',
  },
];
