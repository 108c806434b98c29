import { toHex } from '../bytes/hex.ts';
import { igvmDigest } from '../sev/igvm-digest.ts';
import type { MeasuredRegion, SevDigest } from '../sev/sev-digest.ts';
import { sevDigest, sevEsDigest } from '../sev/sev-digest.ts';
import { type SnpDigest, snpDigest, snpFirmwareDigest, svsmDigest } from '../sev/snp-digest.ts';
import {
  checkLaunch,
  directBoot,
  firmwareOf,
  hashesTableOf,
  type LaunchFiles,
  type LaunchFlags,
  vcpusOf,
} from './launch-request.ts';

/** A piece of guest memory as `cvm launch-digest --json` prints it. */
type PageReport = {
  /** PAGE_TYPE of SNP, or the command that adds it in SEV and SEV-ES. */
  readonly type: string;
  /** Guest physical address, e.g. `0x80d000`; absent for a VMSA of SEV-ES, that has none. */
  readonly gpa: string | null;
  readonly size: number;
  /** Hash of the content; zeros where SNP measures the type alone. */
  readonly digest: string;
  readonly holds: string;
  /** SNP: the launch digest after this page. */
  readonly launchDigest?: string;
};

/** What `cvm launch-digest --json` prints. */
export type LaunchDigestReport = {
  readonly mode: string;
  readonly digest: string;
  /** In the order in which they are measured. */
  readonly pages: readonly PageReport[];
};

/**
 * The action behind `cvm launch-digest`.
 *
 * @param flags what was asked for
 * @param files the files that the flags name
 * @throws UsageError where the flags contradict each other, or something is missing
 * @throws FormatError where the firmware lacks what the launch needs, or is damaged
 */
export function launchDigestReport(flags: LaunchFlags, files: LaunchFiles): LaunchDigestReport {
  checkLaunch(flags, files);
  const { mode } = flags;
  if (files.igvm !== undefined) return ofPages(mode, igvmDigest(files.igvm));
  const firmware = firmwareOf(files);
  if (mode === 'snp-ovmf-hash') return ofPages(mode, snpFirmwareDigest(firmware));
  if (mode === 'sev') {
    return ofRegions(mode, sevDigest({ firmware, ...hashesOf(flags, files) }));
  }
  const { vmm } = flags;
  const vcpus = vcpusOf(flags);
  const { svsm, vars } = files;
  if (svsm !== undefined) {
    const varsSize = vars?.size ?? flags.varsSize ?? 0;
    return ofPages(mode, svsmDigest({ firmware, svsm, varsSize, vcpus }));
  }
  const launch = { firmware, vmm, vcpus, ...hashesOf(flags, files) };
  if (mode === 'sev-es') return ofRegions(mode, sevEsDigest(launch));
  const { guestFeatures: features, ovmfHash: firmwareDigest } = flags;
  return ofPages(mode, snpDigest({ ...launch, features, firmwareDigest }));
}

function hashesOf(flags: LaunchFlags, files: LaunchFiles) {
  return { hashesTable: hashesTableOf(directBoot(flags, files)) };
}

function ofPages(mode: string, { digest, pages }: SnpDigest): LaunchDigestReport {
  return {
    mode,
    digest: toHex(digest),
    pages: pages.map((page) => ({
      type: page.type,
      gpa: address(page.gpa),
      size: 4096,
      digest: toHex(page.digest),
      holds: page.holds,
      launchDigest: toHex(page.launchDigest),
    })),
  };
}

function ofRegions(mode: string, { digest, regions }: SevDigest): LaunchDigestReport {
  return { mode, digest: toHex(digest), pages: regions.map(region) };
}

function region({ type, gpa, size, digest, holds }: MeasuredRegion): PageReport {
  return { type, gpa: gpa === undefined ? null : address(gpa), size, digest: toHex(digest), holds };
}

function address(gpa: number): string {
  return `0x${gpa.toString(16)}`;
}

/** The digest alone: what other programs take. */
export function renderLaunchDigest({ digest }: LaunchDigestReport): string {
  return digest;
}
