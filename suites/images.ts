/** Names of the reference images that suites boot: folders of `vm-images/`. */
export const IMAGES = {
  /** A disk with a UKI and a root under dm-verity. */
  ukiVerity: 'uki-verity',
  /** The same with an initrd that opens the LUKS volumes that the disk has. */
  ukiLuks: 'uki-luks',
  /** A kernel, and an initrd that is the whole system. */
  initrdOnly: 'initrd-only',
} as const;
