import type { ByteSource } from '../../bytes/source.ts';
import { chosenSection, deviceTrees, type StubChoice } from '../../formats/measured-sections.ts';
import type { PeImage } from '../../formats/pe.ts';
import { sectionSource } from '../../formats/section-source.ts';
import type { Uki } from '../../formats/uki.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { BootImage } from '../boot-image.ts';
import { type Contribution, computed, inOrder, unknown } from '../contribution.ts';
import type { ImageLoader } from '../image-loader.ts';
import { linuxEfiStubEvents } from '../linux/linux-efi-stub.ts';
import type { Forecast } from '../prediction.ts';
import { sectionDigests } from '../section-digests.ts';
import { UnbootableError } from '../unbootable-error.ts';
import type { StartedSystem } from '../userspace/opened-system.ts';
import { addedConsole } from './added-console.ts';
import {
  type AddonEffects,
  addonEffects,
  addonImageEvents,
  addonInitrdEvents,
  addonParameterEvents,
} from './addon-events.ts';
import { bootSecret } from './boot-secret.ts';
import { innerKernelEvents } from './inner-kernel.ts';
import { smbiosCommandLine, smbiosCommandLineEvents } from './smbios-command-line.ts';
import { type LoadedAddon, loadAddons, type StubAddons } from './stub-addons.ts';
import { stubArchiveEvents, stubArchives } from './stub-archives.ts';
import { builtInCommandLine, stubArguments } from './stub-command-line.ts';
import { stubInitrd } from './stub-initrd.ts';
import { loadOptionsEvents, systemdStubEvents, systemdStubProfileEvents } from './systemd-stub.ts';

/** What addons may extend; with the kernel's PCR, and that of the authorities that allow them. */
const ADDON_PCRS = [4, 7, 9, 12];

/** A UKI that the firmware has loaded. */
export type LoadedUki = {
  readonly source: ByteSource;
  readonly pe: PeImage;
  readonly uki: Uki;
  readonly image: BootImage;
};

/** A UKI whose stub has looked around. */
export type StartedUki = LoadedUki & {
  readonly choice: StubChoice;
  /** The command line that it is given; absent where it is given none. */
  readonly given: string | undefined;
  readonly addons: StubAddons;
  /** What the machine's SMBIOS table adds to the command line; absent where it adds nothing. */
  readonly smbios: string | undefined;
};

/**
 * Finds out what a UKI's stub is told and what lies beside it.
 *
 * @param loaded the UKI
 * @param load loads its addons
 * @param oemStrings OEM strings of the machine's SMBIOS table that the stub listens to
 * @throws FormatError where a folder or file of the partition is damaged
 * @throws UnbootableError where the load options choose a profile that the UKI does not have
 */
export function startUki(
  loaded: LoadedUki,
  load: ImageLoader,
  oemStrings: readonly string[] = [],
): StartedUki {
  const { source, uki, image } = loaded;
  const { profile, commandLine: given } = stubArguments(uki.stub, image.commandLine);
  if (profile > 0 && uki.profiles[profile] === undefined) {
    throw new UnbootableError(`${source.name} has no profile ${profile}`);
  }
  // Of several device trees the first is taken for the one that matches the hardware.
  const [deviceTree] = deviceTrees(uki, profile);
  const choice = { profile, deviceTree };
  const user = { source, uki, choice };
  const addons = image.place ? loadAddons(user, image.place, image.path, load) : { addons: [] };
  const smbios = smbiosCommandLine(uki.stub, oemStrings);
  return { ...loaded, choice, given, addons, smbios };
}

/** The addons that it has loaded, in order. */
export function addonsOf({ addons }: StartedUki): readonly LoadedAddon[] {
  return 'addons' in addons ? addons.addons : [];
}

/**
 * Forecasts what follows when the firmware starts a UKI, until the kernel leaves the firmware.
 *
 * @param forecast which banks
 * @param started the UKI
 * @param isSecureBoot whether Secure Boot is on
 * @param authorities the events of PCR 7 of each addon
 * @throws FormatError where a section or file cannot be read
 */
export function predictUkiBoot(
  { banks }: Forecast,
  started: StartedUki,
  isSecureBoot: boolean,
  authorities: readonly (readonly ExpectedEvent[])[],
): Contribution {
  const { source, pe, uki, image, choice } = started;
  const passed = passedCommandLine(started, isSecureBoot);
  const addons = addonsOf(started);
  const effects = addonEffects(uki.stub, addons);
  const archives = image.place ? stubArchives(uki.stub, image.place, image.path) : [];
  return inOrder(
    computed(
      ...(image.isMeasured ? loadOptionsEvents({ banks }, 'systemd-boot', image.commandLine) : []),
      ...systemdStubProfileEvents({ banks }, choice.profile),
      ...systemdStubEvents({ banks }, uki, choice, sectionDigests(source, pe, banks)),
      ...loadOptionsEvents({ banks }, 'systemd-stub', passed),
    ),
    unknownAddons(started),
    bootSecret(uki.stub, image),
    addedConsole(uki.stub, kernelCommandLine(started, isSecureBoot)),
    computed(...addonImageEvents({ banks }, addons, authorities)),
    addonParameterEvents({ banks }, addons, effects),
    smbiosCommandLineEvents({ banks }, uki.stub, started.smbios),
    computed(
      ...stubArchiveEvents({ banks }, archives),
      ...addonInitrdEvents({ banks }, 'microcode', effects.microcode),
      ...addonInitrdEvents({ banks }, 'initrd', effects.initrds),
      ...innerKernelEvents({ banks }, { source, uki }, choice, isSecureBoot),
      ...kernelEvents({ banks }, started, isSecureBoot, { ...effects, archives }),
    ),
  );
}

/**
 * The operating system that a UKI starts.
 *
 * @param started the UKI
 * @param isSecureBoot whether Secure Boot is on
 * @throws FormatError where a command line is no UTF-8
 */
export function startedSystem(started: StartedUki, isSecureBoot: boolean): StartedSystem {
  const { uki, image } = started;
  const { initrds } = addonEffects(uki.stub, addonsOf(started));
  return {
    uki,
    commandLine: kernelCommandLine(started, isSecureBoot) ?? '',
    initrd: initrds.length === 0 ? sectionOf(started, '.initrd') : undefined,
    disk: image.place,
  };
}

function unknownAddons({ addons }: StartedUki): Contribution {
  return 'unknown' in addons ? unknown(ADDON_PCRS, addons.unknown) : computed();
}

function kernelEvents(
  forecast: Forecast,
  started: StartedUki,
  isSecureBoot: boolean,
  additions: AddonEffects & { readonly archives: ReturnType<typeof stubArchives> },
): readonly ExpectedEvent[] {
  const { source, uki, choice } = started;
  const linux = sectionOf(started, '.linux');
  if (linux === undefined) throw new UnbootableError(`${source.name} has no kernel to start`);
  const commandLine = kernelCommandLine(started, isSecureBoot);
  const initrd = stubInitrd(source, uki, choice, additions);
  return linuxEfiStubEvents(forecast, linux, { commandLine, initrd });
}

/** With Secure Boot, what is built in counts more than what is given. */
function passedCommandLine(started: StartedUki, isSecureBoot: boolean): string | undefined {
  const builtIn = chosenSection(started.uki, '.cmdline', started.choice);
  return isSecureBoot && builtIn !== undefined ? undefined : started.given;
}

/** The command line with which the stub starts the kernel; absent where there is none. */
function kernelCommandLine(started: StartedUki, isSecureBoot: boolean): string | undefined {
  const { uki, smbios } = started;
  const builtIn = sectionOf(started, '.cmdline');
  const own =
    passedCommandLine(started, isSecureBoot) ?? (builtIn && builtInCommandLine(uki.stub, builtIn));
  const { commandLine } = addonEffects(uki.stub, addonsOf(started));
  return [own, commandLine, smbios].filter((text) => text).join(' ') || own;
}

function sectionOf({ source, uki, choice }: StartedUki, name: string): ByteSource | undefined {
  const section = chosenSection(uki, name, choice);
  return section && sectionSource(source, section);
}
