import { hash } from 'node:crypto';

/** Bytes of a page of guest memory, and of a launch digest. */
export const PAGE_BYTES = 4096;
export const LAUNCH_DIGEST_BYTES = 48;

/** PAGE_TYPE (AMD 56860, SEV-SNP Firmware ABI, 8.17). */
const PAGE_TYPE = {
  NORMAL: 1,
  VMSA: 2,
  ZERO: 3,
  UNMEASURED: 4,
  SECRETS: 5,
  CPUID: 6,
} as const;

export type PageType = keyof typeof PAGE_TYPE;

/** The address with which every VMSA is measured: the RMP has −1 there, cut to bits 51 to 12. */
export const VMSA_GPA = 0xfffffffff000;

/** What the launch digest is before the first page; also what stands for content that is not measured. */
export const NOTHING_MEASURED: Uint8Array = new Uint8Array(LAUNCH_DIGEST_BYTES);

/** A page of guest memory as the firmware of the secure processor is told of it. */
export type LaunchPage = {
  readonly type: PageType;
  /** Guest physical address in bytes. */
  readonly gpa: number;
  /** SHA-384 of the content; zeros where the type says all that is measured. */
  readonly digest: Uint8Array;
  /** What it holds, for people. */
  readonly holds: string;
};

/** A page, and what the launch digest is after it. */
export type MeasuredPage = LaunchPage & { readonly launchDigest: Uint8Array };

/** SHA-384 of a page's content. */
export function digestPage(content: Uint8Array): Uint8Array {
  return hash('sha384', content, 'buffer');
}

/**
 * Measures one page as SNP_LAUNCH_UPDATE does: the digest is SHA-384 over PAGE_INFO, that has the
 * digest before in it (AMD 56860, 8.17.2, PAGE_INFO).
 *
 * @param before the launch digest so far, 48 bytes
 * @returns the launch digest after the page
 */
export function extendLaunchDigest(
  before: Uint8Array,
  { type, gpa, digest }: Omit<LaunchPage, 'holds'>,
): Uint8Array {
  const info = Buffer.alloc(PAGE_INFO_BYTES);
  info.set(before, 0);
  info.set(digest, 0x30);
  info.writeUInt16LE(PAGE_INFO_BYTES, 0x60);
  info.writeUInt8(PAGE_TYPE[type], 0x62);
  info.writeUInt32LE(gpa % FOUR_GIB, 0x68);
  info.writeUInt32LE(Math.floor(gpa / FOUR_GIB), 0x6c);
  return hash('sha384', info, 'buffer');
}

const PAGE_INFO_BYTES = 0x70;
const FOUR_GIB = 0x1_0000_0000;

/**
 * Measures pages, one after the other.
 *
 * @param pages in the order of the launch
 * @param seed the digest to go on from, 48 bytes
 */
export function measurePages(
  pages: Iterable<LaunchPage>,
  seed: Uint8Array = NOTHING_MEASURED,
): readonly MeasuredPage[] {
  const measured: MeasuredPage[] = [];
  let launchDigest = seed;
  for (const page of pages) {
    launchDigest = extendLaunchDigest(launchDigest, page);
    measured.push({ ...page, launchDigest });
  }
  return measured;
}
