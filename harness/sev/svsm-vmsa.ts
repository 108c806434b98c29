import { COMMON_STATE, encodeVmsa, type Segment } from './vmsa.ts';

/** SEV_FEATURES of an SVSM's vCPUs: SNPActive. */
const SNP_ACTIVE = 1n;

/**
 * The VMSA of a vCPU that starts in an SVSM: flat 32-bit protected mode, the same for all vCPUs.
 *
 * The FPU's control word is 0, not what FNINIT sets: digests of real launches have it so
 * (virtee/sev-snp-measure 8f2b337e, VMSA_SVSM and its tests).
 *
 * @param start address of the entry point, and CPUID Fn0000_0001_EAX
 * @returns the page that is measured
 */
export function makeSvsmVmsa(start: {
  readonly eip: number;
  readonly signature: number;
}): Uint8Array {
  const flat: Segment = { selector: 16, attributes: 0xc93, limit: 0xffffffff, base: 0 };
  const small: Segment = { selector: 0, attributes: 0x93, limit: 0xffff, base: 0 };
  const table = { ...small, attributes: 0 };
  return encodeVmsa({
    ...COMMON_STATE,
    cr0: 0x11,
    rip: start.eip,
    rdx: start.signature,
    sevFeatures: SNP_ACTIVE,
    x87Fcw: 0,
    segments: {
      es: flat,
      cs: { ...flat, selector: 8, attributes: 0xc9b },
      ss: flat,
      ds: flat,
      fs: flat,
      gs: small,
      gdtr: table,
      ldtr: { ...small, attributes: 0x82 },
      idtr: table,
      tr: { ...small, attributes: 0x8b },
    },
  });
}
