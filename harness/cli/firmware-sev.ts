import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { readOvmfFooter } from '../formats/ovmf-footer.ts';
import { type GuestArea, type OvmfSev, readOvmfSev } from '../formats/ovmf-sev.ts';

/** What a firmware build offers a confidential guest, as `cvm doctor --json` prints it. */
export type FirmwareSev = {
  /** Whether it has OVMF's table of GUIDs at its end. */
  readonly footer: boolean;
  /** Number of sections of its SEV metadata; `null` where it has none, and SNP cannot be launched. */
  readonly sevMetadataSections: number | null;
  /** Where the hashes of kernel, initrd and command line go; `null` where there is no place for them. */
  readonly hashTable: { readonly base: string; readonly size: number } | null;
  /** Where the second vCPU starts; `null` where SEV-ES and SNP can have but one. */
  readonly apResetEip: string | null;
  /** Why the table or the metadata cannot be read; `null` where they can. */
  readonly problem: string | null;
};

/** What a firmware offers, before anything is launched. */
export function firmwareSev(firmware: ByteSource): FirmwareSev {
  try {
    const footer = readOvmfFooter(firmware);
    return { footer: footer.length > 0, ...offers(readOvmfSev(firmware, footer)), problem: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const nothing = { sevMetadataSections: null, hashTable: null, apResetEip: null };
    return { footer: false, ...nothing, problem: error.message };
  }
}

function offers({ sections, hashTable, apResetEip }: OvmfSev) {
  return {
    sevMetadataSections: sections?.length ?? null,
    hashTable: hashTable === undefined ? null : area(hashTable),
    apResetEip: apResetEip === undefined ? null : hex(apResetEip),
  };
}

function area({ base, size }: GuestArea) {
  return { base: hex(base), size };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** What a firmware offers, for people: one line. */
export function renderFirmwareSev(sev: FirmwareSev): string {
  const { footer, sevMetadataSections, hashTable, apResetEip, problem } = sev;
  if (problem !== null) return `damaged: ${problem}`;
  if (!footer) return 'no footer table of OVMF: nothing for SEV, no launch digest';
  return [
    sevMetadataSections === null
      ? 'no SEV metadata, no SNP'
      : `SEV metadata of ${sevMetadataSections} sections`,
    hashTable === null
      ? 'no area for kernel hashes (base=0 size=0)'
      : `kernel hashes at ${hashTable.base}, ${hashTable.size} bytes`,
    ...(apResetEip === null ? ['one vCPU in SEV-ES and SNP'] : []),
  ].join('; ');
}
