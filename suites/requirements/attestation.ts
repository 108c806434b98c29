import type { Requirement } from './requirement.ts';

const chapter = 'attestation';

const LIBRARY = 'TPM 2.0 Library';
const GUEST =
  'tpm2-tools in the guest, over SSH; a verifier on the host that is given what they wrote';

/** What a guest can prove of itself with its vTPM to somebody who never saw it boot. */
export const ATTESTATION: readonly Requirement[] = [
  {
    id: 'CVM-AT-001',
    chapter,
    level: 'MUST',
    sentence:
      'The vTPM’s EK certificate was issued by its manufacturer, and is of the EK that the TPM shows; under another manufacturer, or for another TPM’s EK, it does not verify.',
    citation: 'TCG EK Credential Profile 2.6, 3.2',
    shownBy:
      'NV index 0x01c00002 and handle 0x81010001 of the guest’s TPM, against the certificate of the run’s own authority',
  },
  {
    id: 'CVM-AT-002',
    chapter,
    level: 'MUST',
    sentence:
      'The AK is bound to the EK: the TPM opens a credential made offline for both, and none for another object or another EK.',
    citation: `${LIBRARY}, Part 1, 24; Part 3, 12.5`,
    shownBy: 'tpm2_activatecredential in the guest, of credentials that the harness computes',
  },
  {
    id: 'CVM-AT-003',
    chapter,
    level: 'MUST',
    sentence:
      'A quote over PCRs 0–15 with the verifier’s nonce, by the bound AK, verifies against values that were forecast from files, for a verifier that never saw the boot.',
    citation: `${LIBRARY}, Part 3, 18.4`,
    shownBy: GUEST,
  },
  {
    id: 'CVM-AT-004',
    chapter,
    level: 'MUST',
    sentence:
      'A quote with another nonce, an earlier one that is replayed among them, is refused for its nonce.',
    citation: `${LIBRARY}, Part 2, 10.12.12, extraData`,
    shownBy: GUEST,
  },
  {
    id: 'CVM-AT-005',
    chapter,
    level: 'MUST',
    sentence:
      'A quote by another AK is refused for its signature, be it of the same TPM or of another one whose PCRs were made the same.',
    citation: `${LIBRARY}, Part 2, 11.3.4`,
    shownBy: `${GUEST}; a second swtpm that is sent every extend of the forecast`,
  },
  {
    id: 'CVM-AT-006',
    chapter,
    level: 'MUST',
    sentence: 'After a PCR was extended, the guest’s quotes are refused for their PCR digest.',
    citation: `${LIBRARY}, Part 3, 18.4, pcrDigest`,
    shownBy: GUEST,
  },
  {
    id: 'CVM-AT-007',
    chapter,
    level: 'MUST',
    sentence: 'A quote over fewer PCRs than the verifier asked for is refused for its selection.',
    citation: `${LIBRARY}, Part 2, 10.12.1, pcrSelect`,
    shownBy: GUEST,
  },
  {
    id: 'CVM-AT-008',
    chapter,
    level: 'MUST',
    sentence:
      'The firmware’s event log accounts for the quoted PCRs; one that replays to other values, by a digest or a missing event, is refused.',
    citation: 'TCG PC Client PFP 1.06, 10.1',
    shownBy: `${GUEST}; the log with a digest changed, and cut after its first events`,
  },
  {
    id: 'CVM-AT-009',
    chapter,
    level: 'MUST',
    sentence:
      'A quote that a key without the restricted attribute signed is refused for it, as such a key signs forged ones too; the TPM does not sign those with the AK.',
    citation: `${LIBRARY}, Part 1, 25.1.4; Part 2, 8.3.3.12`,
    shownBy: 'a forged TPMS_ATTEST that tpm2_sign is given in the guest',
  },
  {
    id: 'CVM-AT-010',
    chapter,
    level: 'MUST',
    sentence: 'No structure of a quote is accepted that is cut short, or has a bit flipped.',
    citation: `${LIBRARY}, Part 2, 10.12.12, 11.3.4 and 12.2.4`,
    shownBy:
      'every bit and every length of the guest’s TPMS_ATTEST, TPMT_SIGNATURE and TPMT_PUBLIC',
  },
  {
    id: 'CVM-AT-011',
    chapter,
    level: 'MUST',
    sentence:
      'On SEV-SNP the AK’s digest stands in the report data of the guest’s report; report and quote verify together, and neither does with another AK.',
    citation: 'AMD 56860, SEV-SNP Firmware ABI, ATTESTATION_REPORT, REPORT_DATA',
    shownBy:
      'a report that the guest gets over configfs-tsm for its AK’s digest; without an SNP host it is skipped, and says that recorded reports and quotes are verified together by the project’s own tests',
  },
];
