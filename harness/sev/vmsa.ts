/** Who builds the guest: they differ in the state in which they start a vCPU. */
export const VMMS = ['qemu', 'ec2', 'gce', 'krun'] as const;

export type Vmm = (typeof VMMS)[number];

/** Bytes of a VMSA as it is measured. */
const VMSA_BYTES = 4096;

/** Where the first vCPU starts: the reset vector. */
export const RESET_VECTOR = 0xfffffff0;

/** A segment register (AMD64 APM Vol. 2, table B-1). */
export type Segment = {
  readonly selector: number;
  readonly attributes: number;
  readonly limit: number;
  readonly base: number;
};

/** Offsets of the segment registers. */
const SEGMENTS = {
  es: 0x00,
  cs: 0x10,
  ss: 0x20,
  ds: 0x30,
  fs: 0x40,
  gs: 0x50,
  gdtr: 0x60,
  ldtr: 0x70,
  idtr: 0x80,
  tr: 0x90,
} as const;

/** Offset and size in bytes of the other fields (AMD64 APM Vol. 2, table B-4). */
const FIELDS = {
  efer: [0xd0, 8],
  cr4: [0x148, 8],
  cr0: [0x158, 8],
  dr7: [0x160, 8],
  dr6: [0x168, 8],
  rflags: [0x170, 8],
  rip: [0x178, 8],
  gPat: [0x268, 8],
  rdx: [0x310, 8],
  sevFeatures: [0x3b0, 8],
  xcr0: [0x3e8, 8],
  mxcsr: [0x408, 4],
  x87Fcw: [0x410, 2],
} as const;

/** The state in which a vCPU starts; what is left out is zero. */
export type SaveArea = {
  readonly segments: Readonly<Record<keyof typeof SEGMENTS, Segment>>;
} & Readonly<Record<keyof typeof FIELDS, bigint | number>>;

/** What a vCPU's first state depends on. */
export type VcpuStart = {
  /** Where it starts: the reset vector, or what the firmware's footer names. */
  readonly eip: number;
  /** CPUID Fn0000_0001_EAX; only QEMU lets the guest see it. */
  readonly signature: number;
  /** SEV_FEATURES. */
  readonly features: bigint;
};

/** PAT after reset (AMD64 APM Vol. 2, section A.3). */
const DEFAULT_PAT = 0x0007040600070406n;

/** What differs between VMMs. EDX is what they leave there at reset. */
type Differences = {
  readonly cs: number;
  readonly ss: number;
  readonly tr: number;
  readonly rdx: number;
  readonly gPat: bigint;
  readonly mxcsr: number;
  readonly x87Fcw: number;
};

/**
 * The VMSA of a vCPU that starts in firmware, in real mode.
 *
 * As virtee/sev-snp-measure 8f2b337e (qemu, ec2, gce) and virtee/sev 9cf2adbf (krun) build it. The
 * latter overwrites the registers that it sets for krun alone, so krun differs from ec2 in EDX and in
 * the attributes of the other vCPUs' CS.
 *
 * @returns the page that is measured
 */
export function makeVmsa(vmm: Vmm, start: VcpuStart): Uint8Array {
  const { eip, features } = start;
  const differences = differencesOf(vmm, start);
  const data: Segment = { selector: 0, attributes: 0x93, limit: 0xffff, base: 0 };
  const table = { ...data, attributes: 0 };
  return encodeVmsa({
    ...COMMON_STATE,
    ...differences,
    rip: eip & 0xffff,
    sevFeatures: features,
    segments: {
      es: data,
      cs: {
        selector: 0xf000,
        attributes: differences.cs,
        limit: 0xffff,
        base: (eip & 0xffff0000) >>> 0,
      },
      ss: { ...data, attributes: differences.ss },
      ds: data,
      fs: data,
      gs: data,
      gdtr: table,
      ldtr: { ...data, attributes: 0x82 },
      idtr: table,
      tr: { ...data, attributes: differences.tr },
    },
  });
}

/** What every vCPU starts with: KVM sets EFER.SVME and CR4.MCE. */
export const COMMON_STATE = {
  efer: 0x1000,
  cr4: 0x40,
  cr0: 0x10,
  dr7: 0x400,
  dr6: 0xffff0ff0,
  rflags: 0x2,
  xcr0: 0x1,
  gPat: DEFAULT_PAT,
  mxcsr: 0x1f80,
} as const;

function differencesOf(vmm: Vmm, { eip, signature }: VcpuStart): Differences {
  const noFpu = { mxcsr: 0, x87Fcw: 0 };
  const likeEc2 = { cs: 0x9a, ss: 0x92, tr: 0x83, gPat: DEFAULT_PAT, ...noFpu };
  const likeQemu = { cs: 0x9b, ss: 0x93, tr: 0x8b };
  switch (vmm) {
    case 'qemu':
      return { ...likeQemu, rdx: signature, gPat: DEFAULT_PAT, mxcsr: 0x1f80, x87Fcw: 0x37f };
    case 'ec2':
      return { ...likeEc2, cs: eip === RESET_VECTOR ? 0x9a : 0x9b, rdx: 0x600 };
    case 'gce':
      return { ...likeQemu, rdx: 0x600, gPat: 0x00070106n, ...noFpu };
    case 'krun':
      return { ...likeEc2, rdx: 0 };
  }
}

/**
 * A VMSA as it is measured.
 *
 * @returns 4096 bytes, integers little-endian
 */
export function encodeVmsa(area: SaveArea): Uint8Array {
  const page = Buffer.alloc(VMSA_BYTES);
  for (const [name, offset] of entriesOf(SEGMENTS)) {
    const { selector, attributes, limit, base } = area.segments[name];
    page.writeUInt16LE(selector, offset);
    page.writeUInt16LE(attributes, offset + 2);
    page.writeUInt32LE(limit, offset + 4);
    page.writeBigUInt64LE(BigInt(base), offset + 8);
  }
  for (const [name, [offset, size]] of entriesOf(FIELDS)) {
    const value = BigInt(area[name]);
    if (size === 8) page.writeBigUInt64LE(value, offset);
    else page.writeUIntLE(Number(value), offset, size);
  }
  return page;
}

function entriesOf<Key extends string, Value>(record: Readonly<Record<Key, Value>>) {
  return Object.entries(record) as [Key, Value][];
}
