/**
 * The volumes that a disk may have, by the policy that their key is sealed to. The initrd of uki-luks looks
 * for partitions of these names (`vm-images/uki-luks/mkosi.images/initrd/mkosi.finalize`).
 */
export const VOLUMES = {
  /** PCR 7: who may sign what is booted. */
  pcr7: 'sealed-pcr7',
  /** PCRs 4 and 7: exactly what is booted. */
  'pcr4-7': 'sealed-pcr4-7',
  /** PCR 11, of any value that the image's maker has signed for the phase enter-initrd. */
  pcr11: 'sealed-pcr11',
  /** PCRs 4 and 7 of the release to come. */
  'pcr4-7-next': 'sealed-pcr4-7-next',
  /** PCRs 4, 7 and 11 of either release, by a policy of systemd-pcrlock. */
  pcrlock: 'sealed-pcrlock',
  /** PCRs 4 and 7, by a key that the guest enrolls itself at its first boot. */
  'first-boot': 'sealed-first-boot',
} as const;

/** Name of a volume's policy. */
export type VolumeName = keyof typeof VOLUMES;

/** The PCRs that a policy is of. */
export const SEALED_PCRS: Readonly<Record<VolumeName, readonly number[]>> = {
  pcr7: [7],
  'pcr4-7': [4, 7],
  pcr11: [11],
  'pcr4-7-next': [4, 7],
  pcrlock: [4, 7, 11],
  'first-boot': [4, 7],
};
