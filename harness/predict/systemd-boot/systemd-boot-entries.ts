import type { ByteSource } from '../../bytes/source.ts';
import { readPe } from '../../formats/pe.ts';
import { readUki, type UkiProfile } from '../../formats/uki.ts';

/** The first version that offers each profile of a UKI, and the first that looks at all of them. */
const FIRST_WITH_PROFILES = 257;
const FIRST_WITHOUT_COMMAND_LINE = 261;

/** The first version with a setting that counts more than `default`. */
const FIRST_WITH_PREFERRED = 260;

/** What systemd-boot offers: a UKI, or one of its profiles. */
export type LoaderEntry = {
  readonly file: string;
  readonly source: ByteSource;
  /** The file's name in lower case; of further profiles with `@` and their name or number. */
  readonly id: string;
  readonly profile: number;
  /** Whether the profile brings its own os-release, by which entries are sorted. */
  readonly hasOwnRelease: boolean;
};

/**
 * What systemd-boot offers of a file.
 *
 * @param file its name
 * @param source the file
 * @param version of systemd-boot
 * @throws FormatError where the file is no sound PE image
 * @see systemd src/boot/boot.c (boot_entry_add_type2), by tag
 */
export function loaderEntries(
  file: string,
  source: ByteSource,
  version: number,
): readonly LoaderEntry[] {
  const pe = readPe(source);
  const uki = readUki(source, pe);
  const has = (sections: typeof pe.sections, name: string) =>
    sections.some((section) => section.name === name && section.virtualSize > 0);
  const base = uki?.base ?? pe.sections;
  const known = version >= FIRST_WITH_PROFILES ? (uki?.profiles ?? []) : [];
  const profiles: readonly Partial<UkiProfile>[] = known.length === 0 ? [{}] : known;
  const silent = profiles.findIndex(
    ({ sections = [] }) => !has(base, '.cmdline') && !has(sections, '.cmdline'),
  );
  const seen = silent < 0 || version >= FIRST_WITHOUT_COMMAND_LINE ? profiles.length : silent + 1;
  return profiles.slice(0, seen).flatMap(({ id, sections = [] }, profile) => {
    const hasOwnRelease = has(sections, '.osrel');
    if (!hasOwnRelease && !has(base, '.osrel')) return [];
    const name = profile === 0 ? file : `${file}@${id ?? profile}`;
    return [{ file, source, id: name.toLowerCase(), profile, hasOwnRelease }];
  });
}

/**
 * The entry that systemd-boot starts when nobody touches a key.
 *
 * @param entries what it offers, file by file
 * @param settings the text of loader.conf
 * @param version of systemd-boot
 * @see systemd src/boot/boot.c (config_select_default_entry, boot_entry_compare), by tag
 */
export function defaultEntry(
  entries: readonly LoaderEntry[],
  settings: string,
  version: number,
): LoaderEntry | { readonly unknown: string } {
  const setting = (name: string) => settingOf(settings, name)?.toLowerCase();
  const told = { unknown: '\\loader\\loader.conf has a say' };
  if (setting('timeout') === 'menu-force') return told;
  const patterns = [
    version >= FIRST_WITH_PREFERRED ? setting('preferred') : undefined,
    setting('default'),
  ].filter((pattern) => pattern !== undefined);
  for (const pattern of patterns) {
    if (/^@saved$|[[\]\\]/.test(pattern)) return told;
    const matching = entries.filter(({ id }) => isMatch(pattern, id));
    if (matching.length > 0) return firstOf(matching);
    // Entries that systemd-boot makes by itself may match.
    if (/^(auto-|[*?])/.test(pattern)) return told;
  }
  return firstOf(entries);
}

/** Entries are sorted by what their os-release says; profiles that share it, by their number. */
function firstOf(entries: readonly LoaderEntry[]): LoaderEntry | { readonly unknown: string } {
  const [first, ...others] = entries;
  const files = new Set(entries.map(({ file }) => file)).size;
  if (first === undefined || files > 1) {
    return { unknown: `which of ${files} UKIs systemd-boot starts` };
  }
  if (others.length === 0) return first;
  const isSorted = entries.some(({ hasOwnRelease }) => hasOwnRelease);
  return isSorted || first.profile > 0
    ? { unknown: `which profile of ${first.file} systemd-boot starts` }
    : first;
}

/** The value that a key has last. */
function settingOf(settings: string, name: string): string | undefined {
  const values = settings.split(/[\r\n]/).map((line) => /^(\S+)[ \t]+(.*)$/.exec(line.trim()));
  const [, , value] = values.findLast((match) => match?.[1] === name) ?? [];
  return value?.replace(/^(["'])(.*)\1$/, '$2');
}

/** `*` stands for any characters, `?` for one. Where it fails behind a `*`, that takes one more. */
function isMatch(pattern: string, text: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      taken = index;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else {
      if (star < 0) return false;
      taken += 1;
      index = taken;
      at = star + 1;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
