import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { PeImage, PeSection } from './pe.ts';
import { knowsProfiles, measuredNames, readStubRelease, type StubRelease } from './stub-release.ts';

/** One profile of a multi-profile UKI: a `.profile` section and what follows it. */
export type UkiProfile = {
  /** ID= of the `.profile` section. */
  readonly id: string | undefined;
  /** TITLE= of the `.profile` section. */
  readonly title: string | undefined;
  /** The sections from `.profile` to the next one. */
  readonly sections: readonly PeSection[];
};

/** A unified kernel image: a PE image with a `.linux` section for systemd-stub. */
export type Uki = {
  /** Which stub it is built on; absent where the image does not say so. */
  readonly stub: StubRelease | undefined;
  /** The sections before the first `.profile`. */
  readonly base: readonly PeSection[];
  /** Empty where the image has no profiles, or its stub knows of none. */
  readonly profiles: readonly UkiProfile[];
};

/** systemd's own limit (src/fundamental/uki.h, UNIFIED_PROFILES_MAX). */
const MAX_PROFILES = 256;
/** What is read of a `.profile` section; real ones have two lines. */
const MAX_PROFILE_BYTES = 0x10000;

/**
 * Reads how a UKI is made up.
 *
 * @param source the image; of its sections only `.sdmagic` and `.profile` are read
 * @param pe its headers
 * @returns `undefined` where the image has no `.linux` section and so is no UKI
 * @throws FormatError where measured sections overlap in memory, or there are more profiles than
 *   systemd allows
 * @see UAPI Group, Unified Kernel Image; systemd src/boot/stub.c
 */
export function readUki(source: ByteSource, pe: PeImage): Uki | undefined {
  if (!pe.sections.some(({ name, virtualSize }) => name === '.linux' && virtualSize > 0)) {
    return undefined;
  }
  const stub = readStubRelease(source, pe);
  rejectOverwritten(source, pe, stub);
  const starts = knowsProfiles(stub) ? profileStarts(source, pe) : [];
  return {
    stub,
    base: pe.sections.slice(0, starts[0]),
    profiles: starts.map((start, profile) => {
      const sections = pe.sections.slice(start, starts[profile + 1]);
      return { ...readProfile(source, sections[0]), sections };
    }),
  };
}

function profileStarts(source: ByteSource, { sections }: PeImage): readonly number[] {
  const starts = sections.filter(({ name }) => name === '.profile').map(({ index }) => index);
  if (starts.length <= MAX_PROFILES) return starts;
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: `at most ${MAX_PROFILES} profiles`,
    found: `${starts.length} .profile sections`,
  });
}

function readProfile(source: ByteSource, section: PeSection | undefined) {
  const text = section === undefined ? '' : readText(source, section, MAX_PROFILE_BYTES);
  return { id: settingOf(text, 'ID'), title: settingOf(text, 'TITLE') };
}

/** The value of `KEY=value` or `KEY="value"`, as in os-release files; the last one counts. */
function settingOf(text: string, key: string): string | undefined {
  const line = text.split('\n').findLast((candidate) => candidate.trim().startsWith(`${key}=`));
  const value = line?.trim().slice(key.length + 1);
  return value?.match(/^(["'])(.*)\1$/)?.[2] ?? value;
}

/** Text of a section up to the first NUL. */
function readText(source: ByteSource, section: PeSection, limit: number): string {
  const { rawOffset, rawSize, virtualSize, name } = section;
  const length = Math.min(rawSize, virtualSize, limit);
  const text = Buffer.from(readRange(source, rawOffset, length, name)).toString('utf8');
  return text.split('\0', 1)[0] ?? '';
}

/**
 * What the stub measures stands in memory: where sections overlap there, one has overwritten the
 * other. Among those that are not measured this happens: ukify's `.sbat` on the stub of v252.
 */
function rejectOverwritten(
  source: ByteSource,
  { sections }: PeImage,
  stub: StubRelease | undefined,
): void {
  const measured = new Set(measuredNames(stub));
  const inMemory = sections.filter(({ virtualSize }) => virtualSize > 0);
  const [first, ...others] = inMemory.toSorted((a, b) => a.virtualAddress - b.virtualAddress);
  let last = first;
  for (const section of others) {
    if (last === undefined) return;
    const end = last.virtualAddress + last.virtualSize;
    const overlap = section.virtualAddress < end;
    if (overlap && (measured.has(last.name) || measured.has(section.name))) {
      throw new FormatError({
        file: source.name,
        offset: section.rawOffset,
        expected: `${section.name} in memory behind ${last.name} (0x${end.toString(16)})`,
        found: `address 0x${section.virtualAddress.toString(16)}`,
      });
    }
    if (section.virtualAddress + section.virtualSize > end) last = section;
  }
}
