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
];
