import type { ByteSource } from '../bytes/source.ts';
import { readOvmfBuild } from '../formats/ovmf-build.ts';
import { readOvmfFooter } from '../formats/ovmf-footer.ts';
import { readOvmfSev } from '../formats/ovmf-sev.ts';

/** What a firmware build can do, by what its own file says. */
export type FirmwareCapabilities = {
  /** PcdFirmwareVersionString, which PCR 0 begins with. */
  readonly version: string | null;
  readonly secureBoot: boolean;
  readonly smm: boolean;
  /** GUIDs of the footer table, in the order in which a VMM finds them. */
  readonly footer: readonly string[];
  /** Where QEMU puts the hashes of kernel, initrd and command line; addresses and sizes in bytes. */
  readonly hashTable: { readonly base: number; readonly size: number } | null;
  /** Number of sections in the SEV metadata that an SNP launch prepares; `null` without metadata. */
  readonly snpSections: number | null;
};

/**
 * Asks a firmware image what it can do.
 *
 * @throws FormatError where the image is damaged
 */
export function firmwareCapabilities(image: ByteSource): FirmwareCapabilities {
  const { version, hasSecureBoot, needsSmm } = readOvmfBuild(image);
  const footer = readOvmfFooter(image);
  const sev = readOvmfSev(image, footer);
  return {
    version: version ?? null,
    secureBoot: hasSecureBoot,
    smm: needsSmm,
    footer: footer.map(({ guid }) => guid),
    hashTable: sev.hashTable ?? null,
    snpSections: sev.sections?.length ?? null,
  };
}
