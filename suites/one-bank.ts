/**
 * The TPM of a machine whose requirements are not about banks: firmware without the processor's help hashes
 * everything once for each bank, which is a good part of an emulated boot. Suite measured-boot has both banks.
 */
export const ONE_BANK = { banks: ['sha256'] } as const;
