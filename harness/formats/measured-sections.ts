import type { PeSection } from './pe.ts';
import { knowsProfiles, measuredNames } from './stub-release.ts';
import type { Uki } from './uki.ts';

/** What the stub is told to use of a UKI, and what it finds by looking at the hardware. */
export type StubChoice = {
  /** The profile; 0 unless the command line begins with `@N`. */
  readonly profile: number;
  /** The `.dtbauto` section that matches the hardware; absent where none does, as in most VMs. */
  readonly deviceTree?: PeSection | undefined;
};

/** One section that the stub measures, under the name that it measures. */
export type MeasuredSection = { readonly name: string; readonly section: PeSection };

/**
 * The `.dtbauto` sections from which the stub chooses by hardware.
 *
 * @param uki the image
 * @param profile the selected profile, from 0
 * @returns those of the profile, or those of the base part where the profile has none
 */
export function deviceTrees(uki: Uki, profile: number): readonly PeSection[] {
  const [own, base] = [uki.profiles[profile]?.sections ?? [], uki.base].map((sections) =>
    sections.filter(({ name }) => name === '.dtbauto'),
  );
  return (own?.length ? own : base) ?? [];
}

/**
 * The sections that the stub of a UKI measures into PCR 11, in order. `.efifw`, which stubs from
 * v258 on choose by hardware like `.dtbauto`, is taken to match none.
 *
 * @param uki the image
 * @param choice the selected profile, and the device tree that matches the hardware
 * @throws RangeError where the image has no such profile
 * @see systemd src/boot/stub.c (find_sections, measure_sections) and src/boot/pe.c, by tag
 */
export function measuredSections(uki: Uki, choice: StubChoice): readonly MeasuredSection[] {
  return measuredNames(uki.stub).flatMap((name) => {
    const section = chosenSection(uki, name, choice);
    return section === undefined ? [] : [{ name, section }];
  });
}

/**
 * The section that the stub of a UKI uses for a purpose.
 *
 * @param uki the image
 * @param name name of the section
 * @param choice the selected profile, and the device tree that matches the hardware
 * @returns `undefined` where the image has none, or one without bytes
 * @throws RangeError where the image has no such profile
 * @see systemd src/boot/stub.c (find_sections) and src/boot/pe.c, by tag
 */
export function chosenSection(uki: Uki, name: string, choice: StubChoice): PeSection | undefined {
  const profile = uki.profiles[choice.profile]?.sections;
  if (profile === undefined && choice.profile !== 0) {
    throw new RangeError(`the UKI has no profile ${choice.profile}`);
  }
  const section = knowsProfiles(uki.stub)
    ? (firstByName(profile ?? [], name, choice) ?? firstByName(uki.base, name, choice))
    : lastByPrefix(uki.base, name);
  return section?.virtualSize === 0 ? undefined : section;
}

/** A section without bytes hides those of the same name behind it, and in the base part. */
function firstByName(
  sections: readonly PeSection[],
  name: string,
  { deviceTree }: StubChoice,
): PeSection | undefined {
  if (name === '.dtbauto') return deviceTree;
  return sections.find((section) => section.name === name);
}

/** Before v257 the stub took the last section whose name began like this: `.dtbauto` for `.dtb`. */
function lastByPrefix(sections: readonly PeSection[], name: string): PeSection | undefined {
  return sections.findLast((section) => section.name.startsWith(name));
}
