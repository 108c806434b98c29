import type { ByteSource } from '../bytes/source.ts';
import { chosenSection, deviceTrees, type StubChoice } from '../formats/measured-sections.ts';
import type { PeImage } from '../formats/pe.ts';
import { sectionSource } from '../formats/section-source.ts';
import type { Uki } from '../formats/uki.ts';
import type { BootImage } from './boot-image.ts';
import { type Contribution, inOrder, known, unknown } from './contribution.ts';
import { innerKernelEvents } from './inner-kernel.ts';
import { linuxEfiStubEvents } from './linux-efi-stub.ts';
import type { Forecast } from './prediction.ts';
import { sectionDigests } from './section-digests.ts';
import { builtInCommandLine, stubArguments } from './stub-command-line.ts';
import { stubInitrd } from './stub-initrd.ts';
import { stubSidecars } from './stub-sidecars.ts';
import {
  systemdStubCommandLineEvents,
  systemdStubEvents,
  systemdStubProfileEvents,
} from './systemd-stub.ts';
import { UnbootableError } from './unbootable-error.ts';

/** A UKI that the firmware has loaded. */
export type LoadedUki = {
  readonly source: ByteSource;
  readonly pe: PeImage;
  readonly uki: Uki;
};

/** PCRs that systemd-stub extends with what lies beside the UKI, and the one with the whole initrd. */
const SIDECAR_PCRS = [9, 12, 13];

/**
 * Forecasts what follows when the firmware starts a UKI, until the kernel leaves the firmware.
 *
 * @param forecast which banks
 * @param loaded the UKI
 * @param image how it is booted
 * @param isSecureBoot whether Secure Boot is on
 * @throws FormatError where a section cannot be read
 * @throws UnbootableError where the load options choose a profile that the UKI does not have
 */
export function predictUkiBoot(
  { banks }: Forecast,
  loaded: LoadedUki,
  image: BootImage,
  isSecureBoot: boolean,
): Contribution {
  const { source, pe, uki } = loaded;
  const { profile, commandLine } = stubArguments(uki.stub, image.commandLine);
  const choice = chooseProfile(uki, profile, source);
  const builtIn = chosenSection(uki, '.cmdline', choice);
  const passed = isSecureBoot && builtIn !== undefined ? undefined : commandLine;
  const digests = sectionDigests(source, pe, banks);
  return inOrder(
    known(
      ...systemdStubProfileEvents({ banks }, profile),
      ...systemdStubEvents({ banks }, uki, choice, digests),
      ...systemdStubCommandLineEvents({ banks }, passed),
    ),
    sidecars(image),
    known(...innerKernelEvents({ banks }, { source, uki }, choice, isSecureBoot)),
    kernel({ banks }, loaded, choice, passed),
  );
}

/** Of several device trees the first is taken for the one that matches the hardware. */
function chooseProfile(uki: Uki, profile: number, source: ByteSource): StubChoice {
  if (profile > 0 && uki.profiles[profile] === undefined) {
    throw new UnbootableError(`${source.name} has no profile ${profile}`);
  }
  const [deviceTree] = deviceTrees(uki, profile);
  return { profile, deviceTree };
}

function sidecars({ place, path }: BootImage): Contribution {
  const found = place === undefined ? [] : stubSidecars(place.volume, path);
  if (found.length === 0) return known();
  return unknown(SIDECAR_PCRS, `systemd-stub picks up ${found.join(', ')}, which is not forecast`);
}

function kernel(
  forecast: Forecast,
  { source, uki }: LoadedUki,
  choice: StubChoice,
  passed: string | undefined,
): Contribution {
  const sectionOf = (name: string) => {
    const section = chosenSection(uki, name, choice);
    return section && sectionSource(source, section);
  };
  const linux = sectionOf('.linux');
  if (linux === undefined) throw new UnbootableError(`${source.name} has no kernel to start`);
  const builtIn = sectionOf('.cmdline');
  const commandLine = passed ?? (builtIn && builtInCommandLine(uki.stub, builtIn));
  const initrd = stubInitrd(source, uki, choice);
  return known(...linuxEfiStubEvents(forecast, linux, { commandLine, initrd }));
}
