import { FormatError } from '../../bytes/format-error.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { chosenSection, type StubChoice } from '../../formats/measured-sections.ts';
import type { PeImage, PeSection } from '../../formats/pe.ts';
import { sectionSource } from '../../formats/section-source.ts';
import type { Uki } from '../../formats/uki.ts';
import type { BootVolume } from '../boot-image.ts';
import type { ImageLoader } from '../image-loader.ts';
import type { AllowedImage } from '../load-image.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { stubFiles } from './stub-files.ts';

/** The first stub whose use of addons is forecast; those of v254 to v256 treat them otherwise. */
const FIRST_FORECAST = 257;
const FIRST_WITH_ADDONS = 254;

const GLOBAL_FOLDER = '\\loader\\addons';
const SUFFIX = '.addon.efi';

/** Sections for which the stub looks into an addon. */
const USED = ['.cmdline', '.dtb', '.dtbauto', '.initrd', '.ucode'];

/** An addon that the stub has loaded. */
export type LoadedAddon = {
  readonly name: string;
  readonly source: ByteSource;
  readonly image: AllowedImage;
  /** A section of the addon that the stub uses; absent where it has none or is not used at all. */
  readonly section: (name: string) => ByteSource | undefined;
};

/** What is found of addons. */
export type StubAddons =
  | { readonly addons: readonly LoadedAddon[] }
  /** What cannot be forecast, with the reason. */
  | { readonly unknown: string };

/** The UKI whose stub looks for addons. */
type AddonUser = {
  readonly source: ByteSource;
  readonly uki: Uki;
  readonly choice: StubChoice;
};

/**
 * Loads the addons of a UKI as systemd-stub does: those for every UKI of the partition, then its own.
 *
 * @param user the UKI
 * @param place the partition that it is on
 * @param path its path from the root of the partition
 * @param load loads an addon
 * @throws FormatError where a folder or file is damaged
 * @see systemd src/boot/stub.c (load_addons)
 */
export function loadAddons(
  user: AddonUser,
  { volume }: BootVolume,
  path: string,
  load: ImageLoader,
): StubAddons {
  const version = user.uki.stub?.version ?? Number.POSITIVE_INFINITY;
  if (version < FIRST_WITH_ADDONS) return { addons: [] };
  const files = [GLOBAL_FOLDER, `${path}.extra.d`].flatMap((folder) =>
    stubFiles(volume, folder, SUFFIX),
  );
  if (files.length > 0 && version < FIRST_FORECAST) {
    return { unknown: `what the stub of v${version} does with addons is not forecast` };
  }
  const uname = textOf(user, chosenSection(user.uki, '.uname', user.choice));
  const addons = files.flatMap(({ name, source }) => {
    const image = tryLoad(load, source, name);
    if (image === undefined) return [];
    const isUsed = fits(source, image.pe, uname);
    return [{ name, source, image, section: sectionFinder(source, image.pe, isUsed) }];
  });
  return { addons };
}

/** What is not loaded, the stub passes over. */
function tryLoad(load: ImageLoader, source: ByteSource, path: string): AllowedImage | undefined {
  try {
    return load({ source, path });
  } catch (error) {
    if (error instanceof UnbootableError || error instanceof FormatError) return undefined;
    throw error;
  }
}

/** An addon must hold no kernel, and may be for one kernel alone. */
function fits(source: ByteSource, pe: PeImage, uname: string | undefined): boolean {
  if (findSection(pe, '.linux') !== undefined) return false;
  const own = findSection(pe, '.uname');
  if (uname === undefined || own === undefined) return true;
  const wanted = textOf({ source }, own);
  return wanted === uname.slice(0, own.virtualSize);
}

function sectionFinder(source: ByteSource, pe: PeImage, isUsed: boolean): LoadedAddon['section'] {
  return (name) => {
    const section = isUsed && USED.includes(name) ? findSection(pe, name) : undefined;
    return section && sectionSource(source, section);
  };
}

function findSection({ sections }: PeImage, name: string): PeSection | undefined {
  const section = sections.find((candidate) => candidate.name === name);
  return section?.virtualSize === 0 ? undefined : section;
}

/** Text of a section up to its NUL. */
function textOf(
  { source }: Pick<AddonUser, 'source'>,
  section: PeSection | undefined,
): string | undefined {
  if (section === undefined) return undefined;
  const memory = sectionSource(source, section);
  const bytes = Buffer.from(memory.read(0, Math.min(memory.size, MAX_UNAME_BYTES)));
  return bytes.toString('latin1').split('\0', 1)[0];
}

/** Releases of kernels are short. */
const MAX_UNAME_BYTES = 4096;
