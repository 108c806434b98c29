import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { deviceTrees } from '../formats/measured-sections.ts';
import { type PeImage, readPe } from '../formats/pe.ts';
import { readUki, type Uki } from '../formats/uki.ts';
import { type Bank, type Digests, zeroPcr } from '../measure/bank.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { replay } from '../measure/replay.ts';
import type { SectionDigests } from '../predict/section-digests.ts';
import { systemdStubEvents } from '../predict/stub/systemd-stub.ts';
import { phaseEvents, phaseWords } from '../predict/userspace/systemd-userspace.ts';
import { digestImage, type ImageDigests, type WantedBanks } from './image-digests.ts';
import { type ImageSigner, imageSigners, readableSigners } from './image-signers.ts';
import {
  type AuthorisationReport,
  describeAuthorisation,
  type Trust,
} from './uki-authorisation.ts';

/** PCR 11 by phase path; the empty path is the state in which the stub hands over. */
export type Pcr11 = Readonly<Record<string, Digests>>;

/** What `cvm uki --json` prints. */
export type UkiReport = {
  /** systemd-stub's version, e.g. `257.13-1~deb13u1`; absent where the image has none. */
  readonly stub?: string;
  /** Every section in the order of the section table; size and digest are those in memory. */
  readonly sections: readonly {
    readonly name: string;
    readonly size: number;
    readonly sha256: string;
    readonly profile: number | null;
  }[];
  readonly authenticode: Digests;
  /** Who signed the image; the signatures themselves are not judged. */
  readonly signers: readonly ImageSigner[];
  /** Whether it would boot with a variable store; absent where none is given. */
  readonly authorisation?: AuthorisationReport;
  /** PCR 11 of the default profile; absent where the image is no UKI. */
  readonly pcr11?: Pcr11;
  /** Absent where the image has no profiles. */
  readonly profiles?: readonly {
    readonly profile: number;
    readonly id: string | null;
    readonly title: string | null;
    readonly pcr11: Pcr11;
  }[];
};

/** What is computed unless the user asks for something else. */
export const UKI_DEFAULTS: UkiOptions = {
  banks: ['sha256'],
  phases: [
    '',
    'enter-initrd',
    'enter-initrd:leave-initrd',
    'enter-initrd:leave-initrd:sysinit',
    'enter-initrd:leave-initrd:sysinit:ready',
  ],
};

export type UkiOptions = {
  readonly banks: readonly Bank[];
  /** Phase paths, words separated by colons. */
  readonly phases: readonly string[];
  /** What it would be judged by; nothing is judged where it is left out. */
  readonly trust?: Trust | undefined;
};

const PCR = 11;

/**
 * The action behind `cvm uki FILE`. Of several `.dtbauto` sections the first is taken for the one
 * that matches the hardware, as ukify does when it measures.
 *
 * @param source any PE image
 * @param options banks and phase paths
 * @param known the digests of the image; computed, unless they are given
 * @throws FormatError where the file is no PE image, or its parts contradict each other; a damaged
 *   signature is a verdict where there is something to judge it by
 */
export function ukiReport(
  source: ByteSource,
  { banks, phases, trust }: UkiOptions,
  known?: ImageDigests,
): UkiReport {
  const pe = readPe(source);
  const uki = readUki(source, pe);
  const digested = known ?? digestImage(source, pe, banksOfReport(banks));
  const digests = digested.sections;
  const image = {
    sections: describeSections(pe, uki, digests),
    authenticode: digested.authenticode,
    signers: trust === undefined ? imageSigners(source, pe) : readableSigners(source, pe),
    ...(trust && { authorisation: describeAuthorisation(source, trust, banks) }),
  };
  if (uki === undefined) return image;
  return {
    ...image,
    ...(uki.stub && { stub: uki.stub.release }),
    ...pcr11OfUki(uki, { banks, phases }, digests),
  };
}

/** What `cvm uki --pcr11 --json` prints. */
export type Pcr11Report = Pick<UkiReport, 'profiles'> & { readonly pcr11: Pcr11 };

/**
 * The action behind `cvm uki --pcr11 FILE`: PCR 11 alone, which takes half as long as all.
 *
 * @param source a UKI
 * @param options banks and phase paths
 * @param sections digests of its sections in these banks
 * @throws FormatError where the file is no UKI, or its parts contradict each other
 */
export function pcr11Report(
  source: ByteSource,
  options: UkiOptions,
  sections: SectionDigests,
): Pcr11Report {
  const uki = readUki(source, readPe(source));
  if (uki !== undefined) return pcr11OfUki(uki, options, sections);
  const expected = 'a UKI, which has a .linux section';
  throw new FormatError({ file: source.name, offset: 0, expected, found: 'another PE file' });
}

function pcr11OfUki(
  uki: Uki,
  { banks, phases }: UkiOptions,
  sections: SectionDigests,
): Pcr11Report {
  const pcr11 = (profile: number) => {
    const [deviceTree] = deviceTrees(uki, profile);
    const events = systemdStubEvents({ banks }, uki, { profile, deviceTree }, sections);
    return pcr11ByPath(events, { banks, phases });
  };
  return {
    pcr11: pcr11(0),
    ...(uki.profiles.length > 0 && { profiles: describeProfiles(uki, pcr11) }),
  };
}

/** The digests that a report on these banks has: sections have a SHA-256 in any case. */
export function banksOfReport(banks: readonly Bank[]): WantedBanks {
  return { sections: [...new Set<Bank>(['sha256', ...banks])], authenticode: banks };
}

function describeSections(pe: PeImage, uki: Uki | undefined, digests: SectionDigests) {
  const profileOf = new Map(
    uki?.profiles.flatMap(({ sections }, profile) =>
      sections.map(({ index }): [number, number] => [index, profile]),
    ),
  );
  return pe.sections.map((section) => ({
    name: section.name,
    size: section.virtualSize,
    sha256: digests(section).sha256 ?? '',
    profile: profileOf.get(section.index) ?? null,
  }));
}

function describeProfiles(uki: Uki, pcr11: (profile: number) => Pcr11) {
  return uki.profiles.map(({ id, title }, profile) => ({
    profile,
    id: id ?? null,
    title: title ?? null,
    pcr11: pcr11(profile),
  }));
}

function pcr11ByPath(events: readonly ExpectedEvent[], { banks, phases }: UkiOptions): Pcr11 {
  return Object.fromEntries(
    phases.map((path) => {
      const all = [...events, ...phaseEvents({ banks }, path)];
      const values = banks.map((bank) => [bank, replay(all, bank)[PCR] ?? zeroPcr(bank)]);
      return [phaseWords(path).join(':'), Object.fromEntries(values)];
    }),
  );
}
