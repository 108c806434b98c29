import type { Requirement } from './requirement.ts';

const chapter = 'sealed-root';

/** Volumes whose keys a TPM gives out for one boot and for nothing else. */
export const SEALED_ROOT: readonly Requirement[] = [
  {
    id: 'CVM-SR-001',
    chapter,
    level: 'MUST',
    sentence:
      'In the boot that it is sealed for, a volume opens without a human: keys that were sealed ahead of time to PCR 7, to PCRs 4 and 7, and to a signed PCR 11, for values that were computed before anything was booted.',
    citation:
      'systemd-cryptenroll(1), --tpm2-device-key, --tpm2-pcrs and --tpm2-public-key; systemd-measure(1)',
    shownBy:
      'the initrd’s word, and TPM2_Unseal in the TPM’s log for the very policy of the volume’s header',
  },
  {
    id: 'CVM-SR-002',
    chapter,
    level: 'MUST',
    sentence: 'With Secure Boot off, keys that are sealed to PCR 7 stay in the TPM.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8; systemd-cryptenroll(1), --tpm2-pcrs',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-003',
    chapter,
    level: 'SHOULD',
    sentence: 'With Secure Boot off, a key that is sealed to a signed PCR 11 stays in the TPM.',
    citation:
      'systemd-measure(1): a signature of PCR 11 says nothing of who else was booted before the UKI',
    shownBy: 'the initrd’s word and the TPM’s log; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-004',
    chapter,
    level: 'MUST',
    sentence: 'With another db, keys that are sealed to PCR 7 stay in the TPM.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-005',
    chapter,
    level: 'MUST',
    sentence:
      'A kernel with an initrd of somebody else, though the UKI’s own key has signed the kernel, gets no key that is sealed to PCR 4 or to a signed PCR 11.',
    citation: 'UAPI.5 Unified Kernel Images; TCG PC Client PFP 1.06, 3.3.4.5',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-006',
    chapter,
    level: 'SHOULD',
    sentence:
      'A kernel with an initrd of somebody else, signed with the UKI’s own key, gets no key that is sealed to PCR 7 alone.',
    citation:
      'UAPI.5 Unified Kernel Images: Secure Boot authorises what is executed, and an initrd is not',
    shownBy: 'the initrd’s word and the TPM’s log; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-007',
    chapter,
    level: 'MUST',
    sentence:
      'Where UKIs are signed with a certificate of their own, a kernel with an initrd of somebody else, which another certificate of db authorises, gets no key that is sealed to PCR 7.',
    citation:
      'TCG PC Client PFP 1.06, 3.3.4.8: EV_EFI_VARIABLE_AUTHORITY tells which entry of db authorised the image',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-008',
    chapter,
    level: 'MUST',
    sentence:
      'With another command line in a UKI that is signed all the same, keys that are sealed to PCR 4, or to a PCR 11 that nobody has signed, stay in the TPM.',
    citation: 'systemd-stub(7), .cmdline; systemd-measure(1)',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-009',
    chapter,
    level: 'MUST',
    sentence:
      'Another release of the UKI does not get the key that is sealed to PCRs 4 and 7 of the one before: an update must seal it again.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.5',
    shownBy:
      'systemd-cryptsetup’s refusal, and the policy that the TPM found instead; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-010',
    chapter,
    level: 'MUST',
    sentence:
      'An update of the UKI opens what is sealed to PCR 7 of a certificate of its own, to a PCR 11 with the new signature, and to PCRs 4 and 7 as they were computed for it.',
    citation: 'systemd-measure(1); systemd-cryptenroll(1), --tpm2-public-key',
    shownBy:
      'the initrd’s word, and TPM2_Unseal in the TPM’s log for the very policy of the volume’s header',
  },
  {
    id: 'CVM-SR-011',
    chapter,
    level: 'SHOULD',
    sentence:
      'Another release of the UKI, an older one say, whose PCR 11 was once signed, does not get the key that is sealed to a signed PCR 11.',
    citation:
      'systemd-measure(1): a signature has no end; systemd-pcrlock(8) can take back what it allowed',
    shownBy: 'the initrd’s word and the TPM’s log; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-012',
    chapter,
    level: 'MUST',
    sentence: 'A key for the phase enter-initrd stays in the TPM after leave-initrd.',
    citation: 'systemd-pcrphase.service(8); systemd-measure(1), --phase',
    shownBy:
      'systemd-cryptsetup in the running guest; a volume without a phase in its policy opens there',
  },
  {
    id: 'CVM-SR-013',
    chapter,
    level: 'MUST',
    sentence: 'Another TPM gives out no key, whatever was booted.',
    citation: 'TPM 2.0 Library, Part 3, 13.3 (TPM2_Import)',
    shownBy: 'the response code of the TPM; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-014',
    chapter,
    level: 'MUST',
    sentence:
      'Policy digests that are computed offline, of PCR values and of a signer’s key, are those of the volume’s header and those of the TPM.',
    citation: 'TPM 2.0 Library, Part 3, 23.7 (TPM2_PolicyPCR) and 23.16 (TPM2_PolicyAuthorize)',
    shownBy: 'the header’s tpm2-policy-hash, and TPM2_PolicyGetDigest in the TPM’s log',
  },
  {
    id: 'CVM-SR-015',
    chapter,
    level: 'MUST',
    sentence: 'Where a volume stays closed, nothing of its text comes out of the guest.',
    citation: 'systemd-cryptsetup(8)',
    shownBy:
      'console, QMP and TPM commands of each boot that is refused; the genuine boot tells the text over SSH',
  },
  {
    id: 'CVM-SR-016',
    chapter,
    level: 'MUST',
    sentence:
      'A volume that is keyed to a policy of systemd-pcrlock, which was made of the forecast of two releases of the UKI before either was booted, opens in the boot of either.',
    citation:
      'systemd-pcrlock(8), make-policy; systemd-cryptenroll(1), --tpm2-pcrlock; TPM 2.0 Library, Part 3, 23.6 (TPM2_PolicyOR) and 23.22 (TPM2_PolicyAuthorizeNV)',
    shownBy:
      'the initrd’s word, and TPM2_Unseal in the TPM’s log for the very policy of the volume’s header',
  },
  {
    id: 'CVM-SR-017',
    chapter,
    level: 'MUST',
    sentence:
      'What a policy of systemd-pcrlock does not foresee, another command line, Secure Boot off or another db, does not get the key.',
    citation: 'systemd-pcrlock(8); TPM 2.0 Library, Part 3, 23.6 and 23.22',
    shownBy:
      'systemd-cryptsetup’s refusal, and the PCRs that have moved; the genuine boot is the twin',
  },
  {
    id: 'CVM-SR-018',
    chapter,
    level: 'MUST',
    sentence:
      'systemd-pcrlock predicts the PCRs that were forecast; the policy in its NV index, PolicyPCR and PolicyOR over the values of both releases, and the one by which a volume is keyed to that index are those that are computed offline.',
    citation:
      'systemd-pcrlock(8), predict; TPM 2.0 Library, Part 3, 23.6, 23.7 and 23.22; systemd src/shared/tpm2-util.c',
    shownBy:
      'systemd-pcrlock predict, tpm2_nvread of the index, the header’s tpm2-policy-hash, and TPM2_PolicyGetDigest in the TPM’s log',
  },
  {
    id: 'CVM-SR-019',
    chapter,
    level: 'MUST',
    sentence:
      'A key that the guest itself enrolls at its first boot opens the volume at the next one, where TPM, variables and disk are kept as one, and stays in the TPM where the UKI on that disk has another command line.',
    citation: 'systemd-cryptenroll(1), --tpm2-device and --tpm2-pcrs',
    shownBy:
      'systemd-cryptenroll in the first boot; the initrd’s word and the TPM’s log of the next, and of its twin with the changed UKI',
  },
];
