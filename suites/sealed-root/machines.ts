/** What the disk boots. */
export type SealedDisk =
  /** The UKI that the keys are sealed for. */
  | 'genuine'
  /** The same with another command line, signed by the same key, and the signature of PCR 11 as it was. */
  | 'other-cmdline'
  /** Another release of the UKI, with a signature of its own PCR 11. */
  | 'other-release'
  /** The kernel alone, signed with the UKI's key, and an initrd that somebody else has made. */
  | 'crafted'
  /** The same, signed with another key of db. */
  | 'crafted-other-signer';

/** Variable store: Secure Boot on with the image's own db, off, or on with a db of another content. */
export type SealedStore = 'enrolled' | 'secure-boot-off' | 'other-db';

/** A machine of the suite. */
type SealedRecipe = {
  /** What is the matter with it; begins a sentence. */
  readonly what: string;
  readonly disk: SealedDisk;
  readonly store: SealedStore;
  /**
   * Whether it has the TPM that the keys are sealed to, or another one; or what the genuine machine's first
   * boot left: TPM, variables and disk.
   */
  readonly tpm: 'own' | 'other' | 'kept';
};

/** Each differs from `genuine` in one thing. */
export const SEALED_MACHINES = {
  genuine: { what: 'in the genuine boot', disk: 'genuine', store: 'enrolled', tpm: 'own' },
  'next-boot': {
    what: 'at the boot after the first',
    disk: 'genuine',
    store: 'enrolled',
    tpm: 'kept',
  },
  'secure-boot-off': {
    what: 'with Secure Boot off',
    disk: 'genuine',
    store: 'secure-boot-off',
    tpm: 'own',
  },
  'other-db': { what: 'with another db', disk: 'genuine', store: 'other-db', tpm: 'own' },
  'other-cmdline': {
    what: 'with another command line and the signature of PCR 11 as it was',
    disk: 'other-cmdline',
    store: 'enrolled',
    tpm: 'kept',
  },
  'other-release': {
    what: 'with another release of the UKI',
    disk: 'other-release',
    store: 'enrolled',
    tpm: 'own',
  },
  crafted: {
    what: 'with a crafted initrd and a kernel that the UKI’s key has signed',
    disk: 'crafted',
    store: 'enrolled',
    tpm: 'own',
  },
  'crafted-other-signer': {
    what: 'with a crafted initrd and a kernel that another key of db has signed',
    disk: 'crafted-other-signer',
    store: 'enrolled',
    tpm: 'own',
  },
  'other-tpm': { what: 'with another TPM', disk: 'genuine', store: 'enrolled', tpm: 'other' },
} as const satisfies Readonly<Record<string, SealedRecipe>>;

export type SealedMachine = keyof typeof SEALED_MACHINES;
