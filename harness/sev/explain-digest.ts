import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../bytes/source.ts';
import { SEV_SECTION } from '../formats/ovmf-sev.ts';
import { type LaunchFirmware, readLaunchFirmware } from './launch-firmware.ts';
import {
  digestPage,
  extendLaunchDigest,
  type LaunchPage,
  measurePages,
  NOTHING_MEASURED,
  VMSA_GPA,
} from './page-info.ts';
import { imagePages, sectionPages } from './snp-pages.ts';
import { MAX_VCPUS, vcpuPages } from './vcpu-pages.ts';
import { VMMS, type Vmm } from './vmsa.ts';

/** A way to boot that is tried, and what QEMU would tell the firmware of it. */
export type TriedBoot = {
  /** What it is, for people. */
  readonly what: string;
  readonly hashesTable?: Uint8Array | undefined;
};

/** What is searched. */
export type DigestSearch = {
  readonly mode: 'snp' | 'sev-es' | 'sev';
  readonly firmware: ByteSource;
  /** The digest after the firmware's own pages, in the place of their content. */
  readonly firmwareDigest?: Uint8Array | undefined;
  /** The launch digest that was seen. */
  readonly observed: Uint8Array;
  readonly boots: readonly TriedBoot[];
  /** CPUID Fn0000_0001_EAX. */
  readonly signatures: readonly number[];
  /** SEV_FEATURES. */
  readonly features: readonly bigint[];
};

/** Inputs that give the digest; what a launch does not depend on is absent. */
export type DigestExplanation = {
  readonly boot: TriedBoot;
  readonly vmm?: Vmm;
  readonly vcpus?: number;
  readonly signature?: number;
  readonly features?: bigint;
};

/** Vary fastest what is cheapest: the number of vCPUs adds a page each. */
type FirstStates = Required<Omit<DigestExplanation, 'boot' | 'vcpus'>>;

/**
 * Searches for the inputs that give a launch digest: every VMM, up to {@link MAX_VCPUS} vCPUs, and
 * the given signatures, features and ways to boot.
 *
 * @returns every set of inputs that gives it; none where something else differs, as the firmware
 * @throws FormatError where the firmware lacks what a launch needs, or is damaged
 */
export function explainDigest(search: DigestSearch): readonly DigestExplanation[] {
  const firmware = readLaunchFirmware(search.firmware);
  const boots = search.boots.filter(
    ({ hashesTable }) => !hashesTable || hasPlace(search, firmware),
  );
  if (search.mode === 'snp') return explainSnp(search, firmware, boots);
  return boots.flatMap((boot) => explainSev(search, firmware, boot));
}

function hasPlace({ mode }: DigestSearch, { sev }: LaunchFirmware): boolean {
  const hasPage = sev.sections?.some(({ type }) => type === SEV_SECTION.kernelHashes) ?? false;
  return sev.hashTable !== undefined && (mode !== 'snp' || hasPage);
}

function explainSnp(
  search: DigestSearch,
  firmware: LaunchFirmware,
  boots: readonly TriedBoot[],
): readonly DigestExplanation[] {
  const own = search.firmwareDigest ?? digestAfter(imagePages(firmware, 'firmware'));
  return boots.flatMap((boot) =>
    VMMS.flatMap((vmm) => {
      const filling = { vmm, hashesTable: boot.hashesTable };
      const before = digestAfter(sectionPages(firmware, filling), own);
      return statesOf(search, vmm).flatMap((states) => {
        const counts = snpCounts(search, before, vmsas(firmware, states));
        return counts.map((vcpus) => ({ boot, vcpus, ...states }));
      });
    }),
  );
}

function snpCounts(
  search: DigestSearch,
  before: Uint8Array,
  { first, others }: ReturnType<typeof vmsas>,
): readonly number[] {
  const other = others && vmsaPage(others);
  let digest = extendLaunchDigest(before, vmsaPage(first));
  const grow = () => {
    if (other !== undefined) digest = extendLaunchDigest(digest, other);
    return other !== undefined;
  };
  return countsThatFit(search, () => digest, grow);
}

function vmsaPage(vmsa: Uint8Array): LaunchPage {
  return { type: 'VMSA', gpa: VMSA_GPA, digest: digestPage(vmsa), holds: 'first state' };
}

function explainSev(
  search: DigestSearch,
  firmware: LaunchFirmware,
  boot: TriedBoot,
): readonly DigestExplanation[] {
  const memory = createHash('sha256').update(firmware.bytes);
  if (boot.hashesTable !== undefined) memory.update(boot.hashesTable);
  if (search.mode === 'sev') return isObserved(search, digestOf(memory)) ? [{ boot }] : [];
  return VMMS.flatMap((vmm) =>
    statesOf({ ...search, features: [0n] }, vmm).flatMap((states) => {
      const { first, others } = vmsas(firmware, states);
      const all = memory.copy().update(first);
      const grow = () => {
        if (others !== undefined) all.update(others);
        return others !== undefined;
      };
      const counts = countsThatFit(search, () => digestOf(all), grow);
      const { features: _, ...rest } = states;
      return counts.map((vcpus) => ({ boot, vcpus, ...rest }));
    }),
  );
}

/** How many vCPUs give the digest, if it is grown by one after the other. */
function countsThatFit(
  search: DigestSearch,
  digest: () => Uint8Array,
  grow: () => boolean,
): readonly number[] {
  const counts: number[] = [];
  for (let vcpus = 1; vcpus <= MAX_VCPUS; vcpus += 1) {
    if (isObserved(search, digest())) counts.push(vcpus);
    if (!grow()) break;
  }
  return counts;
}

function statesOf({ signatures, features }: DigestSearch, vmm: Vmm): readonly FirstStates[] {
  // Only QEMU's guests start with the signature in a register.
  const tried = vmm === 'qemu' ? signatures : [0];
  return tried.flatMap((signature) => features.map((one) => ({ vmm, signature, features: one })));
}

/** The first state of the first vCPU, and of the others where the firmware says where they start. */
function vmsas(firmware: LaunchFirmware, { vmm, signature, features }: FirstStates) {
  const count = firmware.sev.apResetEip === undefined ? 1 : 2;
  const pages = vcpuPages(firmware, vmm, { count, signature }, features);
  const [first, others] = pages.map(({ vmsa }) => vmsa);
  return { first: first ?? new Uint8Array(0), others };
}

function isObserved({ observed }: DigestSearch, digest: Uint8Array): boolean {
  return Buffer.compare(observed, digest) === 0;
}

function digestOf(hash: Hash): Uint8Array {
  return hash.copy().digest();
}

function digestAfter(pages: Iterable<LaunchPage>, seed = NOTHING_MEASURED): Uint8Array {
  return measurePages(pages, seed).at(-1)?.launchDigest ?? seed;
}
