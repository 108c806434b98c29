import type { ByteSource } from '../../bytes/source.ts';
import { chunksOf } from '../../bytes/source.ts';
import type { StubRelease } from '../../formats/stub-release.ts';
import { digestsOf } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type Contribution, computed, inOrder, unknown } from '../contribution.ts';
import { imageEvent } from '../firmware/boot-manager.ts';
import type { Forecast } from '../prediction.ts';
import type { LoadedAddon } from './stub-addons.ts';
import { addonCommandLine } from './stub-command-line.ts';
import type { InitrdPart } from './stub-initrd.ts';
import { loadOptionsEvents } from './systemd-stub.ts';

/** TPM2_PCR_KERNEL_CONFIG (UAPI Group, Linux TPM PCR Registry). */
const KERNEL_CONFIG_PCR = 12;

/** What addons change of what the kernel is started with. */
export type AddonEffects = {
  /** What is added to the command line. */
  readonly commandLine: string | undefined;
  /** The last addon's comes first: the kernel takes the first that it finds. */
  readonly microcode: readonly InitrdPart[];
  readonly initrds: readonly InitrdPart[];
};

/**
 * What addons change of what the kernel is started with.
 *
 * @param stub the stub's release, v257 or newer
 * @param addons in the order in which they are loaded
 * @throws FormatError where a command line is no UTF-8
 */
export function addonEffects(
  stub: StubRelease | undefined,
  addons: readonly LoadedAddon[],
): AddonEffects {
  const sections = (name: string) => addons.flatMap((addon) => addon.section(name) ?? []);
  return {
    commandLine: addonCommandLine(stub, sections('.cmdline')),
    microcode: sections('.ucode').toReversed().map(asPart),
    initrds: sections('.initrd').map(asPart),
  };
}

/**
 * Forecasts what the firmware measures when the stub has it load addons.
 *
 * @param forecast which banks
 * @param addons in the order in which they are loaded
 * @param authorities the events of PCR 7 of each
 */
export function addonImageEvents(
  { banks }: Forecast,
  addons: readonly LoadedAddon[],
  authorities: readonly (readonly ExpectedEvent[])[],
): readonly ExpectedEvent[] {
  return addons.flatMap(({ image }, index) => {
    const own = authorities[index] ?? [];
    return [...own, imageEvent({ banks }, { ...image, authorities: own, fromGptDisk: true })];
  });
}

/**
 * Forecasts what the stub measures of the command lines and device trees of addons.
 *
 * @param forecast which banks
 * @param addons in the order in which they are loaded
 * @param effects what they change
 */
export function addonParameterEvents(
  { banks }: Forecast,
  addons: readonly LoadedAddon[],
  { commandLine }: AddonEffects,
): Contribution {
  const trees = addons.filter(({ section }) => section('.dtb') ?? section('.dtbauto'));
  const names = trees.map(({ name }) => name).join(', ');
  return inOrder(
    computed(...loadOptionsEvents({ banks }, 'systemd-stub', commandLine)),
    trees.length === 0
      ? computed()
      : unknown([KERNEL_CONFIG_PCR], `what becomes of the device trees of ${names}`),
  );
}

/**
 * Forecasts what the stub measures of an initrd or microcode of addons.
 *
 * @param forecast which banks
 * @param what what it is, for people
 * @param parts in the order in which they are measured
 */
export function addonInitrdEvents(
  { banks }: Forecast,
  what: string,
  parts: readonly InitrdPart[],
): readonly ExpectedEvent[] {
  return parts.map(({ size, bytes }) => ({
    pcr: KERNEL_CONFIG_PCR,
    type: 'EV_EVENT_TAG',
    agent: 'systemd-stub',
    description: `${what} of an addon, ${size} bytes`,
    digests: digestsOf(banks, bytes()),
  }));
}

function asPart(section: ByteSource): InitrdPart {
  return { size: section.size, bytes: () => chunksOf(section, 0, section.size, 'the section') };
}
