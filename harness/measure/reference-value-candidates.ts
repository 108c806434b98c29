import { ALL_BANKS, BANKS, type Bank, digestsOf, extendPcr, zeroPcr } from './bank.ts';
import { comparePcrs, differingPcrs } from './compare-pcrs.ts';
import type { PcrValues } from './event.ts';

/** A PCR whose value a verifier may pin, with the reason. */
export type ReferenceValueCandidate = { readonly pcr: number; readonly why: string };

/** What a PCR covers, and what it means that two machines have the same value there. */
type Usage = {
  readonly covers: string;
  readonly meaning: string;
  /** What follows where nothing was ever measured; absent where that says nothing. */
  readonly untouched?: string;
};

/**
 * PCRs 0 to 7: TCG PC Client PFP 1.06, 3.3.4; 8 on: UAPI Group, Linux TPM PCR Registry. PCR 10 (IMA)
 * depends on the order in which files are read, 15 on the machine's identity, 16 to 23 are for
 * debugging, DRTM and applications: equal values there are no value to pin.
 */
const USAGE: ReadonlyMap<number, Usage> = new Map([
  [0, { covers: 'firmware code', meaning: 'both run the same firmware build' }],
  [
    1,
    {
      covers: 'firmware configuration: ACPI and SMBIOS tables, boot variables',
      meaning: 'both have the same virtual hardware and boot order; pin it for this machine type',
    },
  ],
  [2, { covers: 'option ROMs and drivers', meaning: 'both loaded the same ones' }],
  [3, { covers: 'configuration of option ROMs and drivers', meaning: 'both have the same' }],
  [4, { covers: 'boot loaders and images', meaning: 'both started the same ones in the same way' }],
  [
    5,
    {
      covers: 'partition table and boot loader configuration',
      meaning: 'both have the same disk layout, identifiers included; pin it for this image',
    },
  ],
  [6, { covers: "the platform manufacturer's events", meaning: 'both have the same' }],
  [
    7,
    {
      covers: 'Secure Boot policy and what validated the images',
      meaning:
        'both have the same state, keys and authorities; it stays when a signed image changes',
    },
  ],
  [8, { covers: "GRUB's commands and kernel command line", meaning: 'both ran the same' }],
  [9, { covers: 'kernel command line and initrds', meaning: 'both used the same' }],
  [
    11,
    {
      covers: 'the unified kernel image and the phases of the boot',
      meaning:
        'both run the same image and are in the same phase; it can be computed from the file',
    },
  ],
  [
    12,
    {
      covers: 'overrides: command line, credentials, addons',
      meaning: 'both were given the same',
      untouched: 'neither was given a command line, credential or addon',
    },
  ],
  [
    13,
    {
      covers: 'system extensions',
      meaning: 'both were given the same',
      untouched: 'neither was given a system extension',
    },
  ],
  [14, { covers: "shim's MOK lists", meaning: 'both have the same lists and the same shim' }],
]);

/**
 * The PCRs that have one value on both sides, in every bank that both have, and that say the same
 * of every machine with this firmware, image and policy.
 *
 * @param a PCR values of one machine
 * @param b PCR values of another, or a prediction
 */
export function referenceValueCandidates(
  a: PcrValues,
  b: PcrValues,
): readonly ReferenceValueCandidate[] {
  const comparison = comparePcrs(a, b);
  const different = differingPcrs(comparison);
  return [...USAGE].flatMap(([pcr, usage]) => {
    const bank = ALL_BANKS.find((name) => comparison[name]?.common.includes(pcr));
    const value = bank && a[bank]?.[pcr];
    if (value === undefined || bank === undefined || different.includes(pcr)) return [];
    const why = reason(usage, bank, value);
    return why === undefined ? [] : [{ pcr, why }];
  });
}

function reason(usage: Usage, bank: Bank, value: string): string | undefined {
  const { covers, meaning, untouched } = usage;
  if (value === 'ff'.repeat(BANKS[bank].digestBytes)) return undefined;
  if (value === zeroPcr(bank)) return untouched && `${covers}: ${untouched}`;
  if (value === separatorOnly(bank)) return `${covers}: nothing but the separator was measured`;
  return `${covers}: ${meaning}`;
}

/** Value of a PCR that only a separator (four zero bytes) extended. */
function separatorOnly(bank: Bank): string {
  return extendPcr(bank, zeroPcr(bank), digestsOf([bank], new Uint8Array(4))[bank] ?? '');
}
