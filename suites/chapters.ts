import { DM_VERITY_MAKERS } from './dm-verity/make-machines.ts';
import { IMAGES } from './images.ts';
import { KERNEL_HASHES_MAKERS } from './kernel-hashes/guest-machines.ts';
import { MEASURED_BOOT_MAKERS } from './measured-boot/make-machines.ts';
import { REQUIREMENTS } from './requirements/index.ts';
import type { MachineMakers } from './workshop.ts';

/** What a suite stands on. */
export type Chapter = {
  /** Reference images that are built before it begins. */
  readonly images: readonly string[];
  /** Machines that boot to their end; each is made when a test first asks for it. */
  readonly makers: MachineMakers;
};

/** Every suite by its name, which is that of its folder and of the chapter of its requirements. */
const CHAPTERS: Readonly<Record<string, Chapter>> = {
  'measured-boot': {
    images: [IMAGES.ukiVerity, IMAGES.initrdOnly],
    makers: MEASURED_BOOT_MAKERS,
  },
  'kernel-hashes': {
    images: [IMAGES.ukiVerity, IMAGES.initrdOnly],
    makers: KERNEL_HASHES_MAKERS,
  },
  'dm-verity': {
    images: [IMAGES.ukiVerity],
    makers: DM_VERITY_MAKERS,
  },
  'secure-boot': { images: [IMAGES.ukiVerity], makers: {} },
  'launch-measurement': { images: [IMAGES.initrdOnly], makers: {} },
  attestation: { images: [IMAGES.ukiVerity, IMAGES.initrdOnly], makers: {} },
  'sealed-root': { images: [IMAGES.ukiLuks], makers: {} },
  'ephemeral-vtpm': { images: [IMAGES.ukiVerity, IMAGES.initrdOnly], makers: {} },
};

/** Names of the suites, sorted. */
export const SUITE_NAMES: readonly string[] = Object.keys(CHAPTERS).toSorted();

/** How each machine of every suite is made, by its name. */
export const MACHINE_MAKERS: MachineMakers = Object.assign(
  {},
  ...Object.values(CHAPTERS).map(({ makers }) => makers),
);

/**
 * The suites that answer what is asked for.
 *
 * @param suites names of suites; all of them where none is named
 * @param requirements ids of requirements; all of them where none is named
 * @returns names, sorted; none where no requirement that is named belongs to a suite that is named
 */
export function suitesFor(
  suites: readonly string[],
  requirements: readonly string[],
): readonly string[] {
  const asked = REQUIREMENTS.filter(
    ({ id, chapter }) =>
      (suites.length === 0 || suites.includes(chapter)) &&
      (requirements.length === 0 || requirements.includes(id)),
  );
  return SUITE_NAMES.filter((name) => asked.some(({ chapter }) => chapter === name));
}

/** Reference images that suites stand on, each once. */
export function imagesOf(suites: readonly string[]): readonly string[] {
  return [...new Set(suites.flatMap((name) => CHAPTERS[name]?.images ?? []))];
}
