/** Names of the reference images that suites boot: folders of `vm-images/`. */
export const IMAGES = {
  /** A disk with a UKI and a root under dm-verity. */
  ukiVerity: 'uki-verity',
  /** A kernel, and an initrd that is the whole system. */
  initrdOnly: 'initrd-only',
} as const;
