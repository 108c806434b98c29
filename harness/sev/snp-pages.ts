import { FormatError } from '../bytes/format-error.ts';
import { type GuestArea, SEV_SECTION, type SevSection } from '../formats/ovmf-sev.ts';
import { HASHES_TABLE_BYTES } from './hashes-table.ts';
import { hashTableArea, type LaunchFirmware, lacks } from './launch-firmware.ts';
import {
  digestPage,
  type LaunchPage,
  NOTHING_MEASURED,
  PAGE_BYTES,
  type PageType,
  VMSA_GPA,
} from './page-info.ts';
import type { VcpuPage } from './vcpu-pages.ts';
import type { Vmm } from './vmsa.ts';

/** A firmware may ask for 256 MiB of prepared memory in all; edk2 asks for some hundred KiB. */
const MAX_SECTION_PAGES = 1 << 16;

/** The pages of an image: all normal, each with its content. */
export function* imagePages(image: LaunchFirmware, what: string): Generator<LaunchPage> {
  const { bytes, gpa } = image;
  for (let offset = 0; offset < bytes.length; offset += PAGE_BYTES) {
    const content = bytes.subarray(offset, offset + PAGE_BYTES);
    const holds = `${what} at 0x${offset.toString(16)}`;
    yield { type: 'NORMAL', gpa: gpa + offset, digest: digestPage(content), holds };
  }
}

/** What the pages of a section are and hold; ZERO pages are cleared and measured as such. */
const SECTIONS: Readonly<Record<number, readonly [PageType, string]>> = {
  [SEV_SECTION.secMemory]: ['ZERO', 'memory of SEC'],
  [SEV_SECTION.secrets]: ['SECRETS', 'secrets page'],
  [SEV_SECTION.cpuid]: ['CPUID', 'CPUID page'],
  [SEV_SECTION.svsmCaa]: ['ZERO', 'calling area of the SVSM'],
  [SEV_SECTION.kernelHashes]: ['ZERO', 'place of the kernel hashes, without hashes'],
};

/** What a launch puts into the sections of a firmware. */
export type SectionFilling = {
  readonly vmm: Vmm;
  /** The table of hashes; absent where nothing is booted directly. */
  readonly hashesTable?: Uint8Array | undefined;
};

/**
 * The pages that a firmware's SEV metadata asks for, in the order in which the VMM adds them: that
 * of the metadata, but for EC2, that adds the CPUID page last.
 *
 * @throws FormatError where there is no metadata, a section is unknown, no number of pages or too
 *   large, or there are hashes and no place for them
 */
export function* sectionPages(
  firmware: LaunchFirmware,
  filling: SectionFilling,
): Generator<LaunchPage> {
  const sections = firmware.sev.sections;
  if (sections === undefined) throw lacks(firmware, 'sevMetadata', 'SEV metadata');
  const hasPlace = sections.some(({ type }) => type === SEV_SECTION.kernelHashes);
  if (filling.hashesTable !== undefined && !hasPlace) {
    hashTableArea(firmware);
    throw sectionError(firmware, 'a section for the kernel hashes (type 0x10)', sections);
  }
  checkSections(firmware, sections);
  const isLast = ({ type }: SevSection) => filling.vmm === 'ec2' && type === SEV_SECTION.cpuid;
  const ordered = [...sections.filter((one) => !isLast(one)), ...sections.filter(isLast)];
  for (const section of ordered) yield* pagesOf(firmware, section, filling);
}

function checkSections(firmware: LaunchFirmware, sections: readonly SevSection[]): void {
  let pages = 0;
  for (const { type, base, size } of sections) {
    if (!(type in SECTIONS)) {
      throw sectionError(firmware, 'SEV metadata with known sections', sections);
    }
    pages += size / PAGE_BYTES;
    if (base % PAGE_BYTES !== 0 || size % PAGE_BYTES !== 0 || pages > MAX_SECTION_PAGES) {
      throw sectionError(
        firmware,
        `sections of at most ${MAX_SECTION_PAGES} whole pages`,
        sections,
      );
    }
  }
}

function* pagesOf(
  firmware: LaunchFirmware,
  section: SevSection,
  { vmm, hashesTable }: SectionFilling,
): Generator<LaunchPage> {
  if (section.type === SEV_SECTION.kernelHashes && hashesTable !== undefined) {
    yield hashesPage(firmware, section, hashesTable);
    return;
  }
  const [usual, holds] = SECTIONS[section.type] ?? ['ZERO', ''];
  // Google's VMM leaves that memory as the host gives it.
  const isUnmeasured = vmm === 'gce' && section.type === SEV_SECTION.secMemory;
  const type = isUnmeasured ? 'UNMEASURED' : usual;
  for (let offset = 0; offset < section.size; offset += PAGE_BYTES) {
    yield { type, gpa: section.base + offset, digest: NOTHING_MEASURED, holds };
  }
}

/** The page that QEMU makes: zeros, and the table at the place that the footer names. */
function hashesPage(
  firmware: LaunchFirmware,
  section: GuestArea,
  hashesTable: Uint8Array,
): LaunchPage {
  const area = hashTableArea(firmware);
  const offset = area.base % PAGE_BYTES;
  const fits = area.size >= HASHES_TABLE_BYTES && offset + hashesTable.length <= PAGE_BYTES;
  if (!fits || section.size !== PAGE_BYTES) {
    throw new FormatError({
      file: firmware.name,
      offset: 0,
      expected: `a page with ${HASHES_TABLE_BYTES} bytes for the kernel hashes in it`,
      found: `${describe(area)} in a section of ${section.size} bytes`,
    });
  }
  const page = new Uint8Array(PAGE_BYTES);
  page.set(hashesTable, offset);
  const holds = 'hashes of kernel, initrd and command line';
  return { type: 'NORMAL', gpa: section.base, digest: digestPage(page), holds };
}

/** The pages with the first states of the vCPUs. */
export function* vmsaPages(vcpus: readonly VcpuPage[]): Generator<LaunchPage> {
  const digests = new Map<Uint8Array, Uint8Array>();
  for (const { vcpu, vmsa } of vcpus) {
    const digest = digests.get(vmsa) ?? digestPage(vmsa);
    digests.set(vmsa, digest);
    yield { type: 'VMSA', gpa: VMSA_GPA, digest, holds: `first state of vCPU ${vcpu}` };
  }
}

function sectionError(
  { name, bytes }: LaunchFirmware,
  expected: string,
  sections: readonly SevSection[],
): FormatError {
  const found = sections
    .slice(0, NAMED_SECTIONS)
    .map((one) => `type 0x${one.type.toString(16)} (${describe(one)})`);
  return new FormatError({
    file: name,
    offset: Math.max(0, bytes.length - PAGE_BYTES),
    expected,
    found: found.join(', ') || 'none',
  });
}

/** More sections would not be read. */
const NAMED_SECTIONS = 10;

function describe({ base, size }: GuestArea): string {
  return `base=0x${base.toString(16)} size=0x${size.toString(16)}`;
}
