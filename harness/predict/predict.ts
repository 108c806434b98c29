import type { ByteSource } from '../bytes/source.ts';
import type { Machine } from '../machine/machine.ts';
import type { Bank } from '../measure/bank.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { assemblePrediction } from './assemble-prediction.ts';
import { type ChainLink, followBootChain, type Payload } from './boot-chain.ts';
import { type BootImage, findBootImage } from './boot-image.ts';
import { type Contribution, computed, inOrder, unknown } from './contribution.ts';
import { imageEvent, predictBootManager } from './firmware/boot-manager.ts';
import { exitBootServicesEvents, flushesFatVolumes } from './firmware/exit-boot-services.ts';
import { type Firmware, readMachineFirmware } from './firmware/firmware.ts';
import { predictFirmwareCode } from './firmware/firmware-code.ts';
import { gptEvent } from './firmware/gpt-event.ts';
import { secureBootPolicyEvents } from './firmware/secure-boot.ts';
import { secureBootState } from './firmware/secure-boot-state.ts';
import { readSignatureDatabases } from './firmware/signature-databases.ts';
import { imageAuthorityEvents } from './image-authorities.ts';
import { predictKernelBoot } from './linux/kernel-boot.ts';
import { predictAcpiTables } from './platform/acpi-tables.ts';
import { type BootConfiguration, bootConfiguration } from './platform/boot-configuration.ts';
import { bootOptionFiles } from './platform/boot-options.ts';
import { FILES_ALONE, type Platform } from './platform.ts';
import type { Forecast, Prediction } from './prediction.ts';
import { addonsOf, predictUkiBoot, type StartedUki, startedSystem } from './stub/uki-boot.ts';
import { systemdSmbiosEvents } from './systemd-smbios.ts';
import { predictUserspace } from './userspace/userspace.ts';

/** What is asked for. */
export type PredictOptions = {
  readonly banks: readonly Bank[];
  /** The phases that systemd goes through until the PCRs are read, e.g. `enter-initrd:leave-initrd`. */
  readonly phases: string;
  /** What stands in no file; what is left out of it leaves its PCRs unknown. */
  readonly platform?: Platform;
};

/** What a boot loader and what it loads may extend. */
const LOADER_PCRS = [4, 5, 7, 8, 9, 11, 12, 13, 14, 15];

/** The phases of a boot that has reached its target. */
export const BOOTED = 'enter-initrd:leave-initrd:sysinit:ready';

/**
 * Forecasts every measurement of a boot from files alone.
 *
 * @param machine firmware, variable store, and what is booted
 * @param open opens a file of the machine description; a disk costs what its partition table, its
 *   directories and the boot file cost
 * @param options banks and phases
 * @throws FormatError where a file is damaged, or not of a kind that is read
 * @throws UnbootableError where the firmware would boot nothing
 */
export function predict(
  machine: Machine,
  open: (path: string) => ByteSource,
  options: PredictOptions,
): Prediction {
  const firmware = readMachineFirmware(machine.firmware, open);
  const image = findBootImage(machine.boot, open);
  // Of a confidential VM the strings are the host's word, and systemd does not listen.
  const { oemStrings = [] } = machine.sev === undefined ? machine : {};
  return predictBoot(firmware, { ...image, oemStrings }, options);
}

/**
 * Forecasts every measurement of a boot whose first image is known.
 *
 * @param firmware the firmware and its variables
 * @param image the first image that the firmware loads
 * @param options banks and phases
 * @throws FormatError where a file is damaged, or not of a kind that is read
 * @throws UnbootableError where the firmware refuses the image
 */
export function predictBoot(
  firmware: Firmware,
  image: BootImage,
  { banks, phases, platform = FILES_ALONE }: PredictOptions,
): Prediction {
  const forecast = { banks };
  const policy = { store: firmware.store, hasSecureBoot: firmware.build.hasSecureBoot };
  const isSecureBoot = secureBootState(policy.store, policy.hasSecureBoot) === 'on';
  const databases = isSecureBoot
    ? readSignatureDatabases(firmware.store, firmware.build)
    : undefined;
  const { links, payload } = followBootChain(forecast, firmware, image, databases);
  const addons = payload.kind === 'uki' ? addonsOf(payload) : [];
  const images = [...links.map(({ loaded }) => loaded), ...addons.map((addon) => addon.image)];
  const authorities = imageAuthorityEvents(forecast, policy, images);
  const boot = inOrder(
    predictFirmwareCode(forecast, firmware.build, platform),
    computed(...secureBootPolicyEvents(forecast, policy)),
    predictAcpiTables(forecast, firmware, platform),
    bootManager(
      forecast,
      links[0],
      authorities[0],
      bootConfiguration(forecast, firmware, image.boot, platform),
    ),
    otherOptions(firmware, image),
    furtherImages(forecast, links.slice(1), authorities.slice(1)),
    systemdSmbiosEvents(forecast, links.map(programOf), firmware, platform),
    payload.kind === 'uki'
      ? predictUkiBoot(forecast, payload, isSecureBoot, authorities.slice(links.length))
      : withoutStub(forecast, firmware, payload),
    exitBootServices(forecast, firmware, image),
  );
  const system = payload.kind === 'uki' ? startedSystem(payload, isSecureBoot) : undefined;
  const before = { platform, isSecureBoot, boot };
  const userspace = predictUserspace(forecast, system, phases, before);
  return assemblePrediction(inOrder(boot, userspace), banks);
}

function bootManager(
  forecast: Forecast,
  { image: { boot, place }, loaded }: ChainLink,
  authorities: readonly ExpectedEvent[] | undefined,
  configuration: BootConfiguration,
): Contribution {
  const gpt = place && gptEvent(forecast, place.gpt);
  const first = { ...loaded, authorities: authorities ?? [], fromGptDisk: gpt !== undefined };
  const events = predictBootManager(forecast, { boot, images: [first], gpt, configuration });
  if (boot === 'kernel' || gpt !== undefined) return events;
  return inOrder(events, unknown([5], 'the partition table of the boot disk, which is not known'));
}

/** Whether an option comes before the boot disk's default depends on the order of QEMU's devices. */
function otherOptions({ store }: Firmware, { boot }: BootImage): Contribution {
  const files = boot === 'disk' ? bootOptionFiles(store) : [];
  if (files.length === 0) return computed();
  return unknown(LOADER_PCRS, `the variable store has boot options for ${files.join(', ')}`);
}

function programOf({ image: { source }, loaded: { pe } }: ChainLink) {
  return { source, pe };
}

/** The images that boot loaders have the firmware load. */
function furtherImages(
  forecast: Forecast,
  links: readonly ChainLink[],
  authorities: readonly (readonly ExpectedEvent[])[],
): Contribution {
  const events = links.flatMap(({ before, loaded }, index) => {
    const own = authorities[index] ?? [];
    const image = imageEvent(forecast, { ...loaded, authorities: own, fromGptDisk: true });
    return [...before, ...own, image];
  });
  return computed(...events);
}

/** What a program that is no UKI measures before the kernel takes over. */
function withoutStub(
  forecast: Forecast,
  firmware: Firmware,
  payload: Exclude<Payload, StartedUki>,
): Contribution {
  return payload.kind === 'linux'
    ? predictKernelBoot(forecast, firmware, payload.image)
    : unknown(LOADER_PCRS, payload.reason);
}

/** The FAT driver of the firmware has a volume open only where a disk is attached. */
function exitBootServices(forecast: Forecast, { build }: Firmware, { boot }: BootImage) {
  const failsFirst = boot === 'disk' && flushesFatVolumes(build);
  return computed(...exitBootServicesEvents(forecast, failsFirst));
}
