import type { ByteSource } from '../bytes/source.ts';
import { readUki } from '../formats/uki.ts';
import type { Machine } from '../machine/machine.ts';
import type { Bank } from '../measure/bank.ts';
import { assemblePrediction } from './assemble-prediction.ts';
import { type BootImage, findBootImage } from './boot-image.ts';
import { type LoadedImage, predictBootManager } from './boot-manager.ts';
import { type Contribution, inOrder, known, unknown } from './contribution.ts';
import { exitBootServicesEvents, flushesFatVolumes } from './exit-boot-services.ts';
import { type Firmware, readMachineFirmware } from './firmware.ts';
import { predictFirmwareCode } from './firmware-code.ts';
import { gptEvent } from './gpt-event.ts';
import { imageAuthorityEvents } from './image-authorities.ts';
import { isLinuxKernel, predictKernelBoot } from './kernel-boot.ts';
import { type AllowedImage, loadImage } from './load-image.ts';
import type { Forecast, Prediction } from './prediction.ts';
import { secureBootPolicyEvents } from './secure-boot.ts';
import { secureBootState } from './secure-boot-state.ts';
import { readSignatureDatabases, type SignatureDatabases } from './signature-databases.ts';
import { addonsOf, predictUkiBoot, type StartedUki, startUki } from './uki-boot.ts';
import { UnbootableError } from './unbootable-error.ts';
import { predictUserspace } from './userspace.ts';

/** What is asked for. */
export type PredictOptions = {
  readonly banks: readonly Bank[];
  /** The phases that systemd goes through until the PCRs are read, e.g. `enter-initrd:leave-initrd`. */
  readonly phases: string;
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
  return predictBoot(firmware, findBootImage(machine.boot, open), options);
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
  { banks, phases }: PredictOptions,
): Prediction {
  const forecast = { banks };
  const policy = { store: firmware.store, hasSecureBoot: firmware.build.hasSecureBoot };
  const isSecureBoot = secureBootState(policy.store, policy.hasSecureBoot) === 'on';
  const databases = isSecureBoot ? readSignatureDatabases(firmware.store) : undefined;
  const loaded = loadImage(forecast, image, databases);
  const payload = start(forecast, image, loaded, databases);
  const addons = payload.kind === 'uki' ? addonsOf(payload) : [];
  const images = [loaded, ...addons.map((addon) => addon.image)];
  const [own = [], ...others] = imageAuthorityEvents(forecast, policy, images);
  const boot = inOrder(
    predictFirmwareCode(forecast, firmware.build),
    known(...secureBootPolicyEvents(forecast, policy)),
    platformConfiguration(),
    bootManager(forecast, image, { ...loaded, authorities: own }),
    payload.kind === 'uki'
      ? predictUkiBoot(forecast, payload, isSecureBoot, others)
      : withoutStub(forecast, firmware, image, payload),
    exitBootServices(forecast, firmware, image),
    predictUserspace(forecast, payload.kind === 'uki' ? payload.uki : undefined, phases),
  );
  return assemblePrediction(boot, banks);
}

/** What the firmware's first image is. */
type Payload =
  | (StartedUki & { readonly kind: 'uki' })
  | { readonly kind: 'linux' }
  | { readonly kind: 'other' };

/** A kernel's own measurements are known only where it is known what it is started with. */
function start(
  forecast: Forecast,
  image: BootImage,
  { pe }: AllowedImage,
  databases: SignatureDatabases | undefined,
): Payload {
  const { source, boot, initrd } = image;
  const uki = readUki(source, pe);
  if (uki === undefined && boot === 'kernel' && isLinuxKernel(source)) return { kind: 'linux' };
  if (initrd !== undefined) {
    throw new UnbootableError(`QEMU gives no initrd to ${source.name}, which is no Linux kernel`);
  }
  if (uki === undefined) return { kind: 'other' };
  return { kind: 'uki', ...startUki(forecast, { source, pe, uki, image }, databases) };
}

function platformConfiguration(): Contribution {
  return unknown(
    [1],
    'ACPI tables, boot variables and SMBIOS tables are made by QEMU and the firmware for this machine',
  );
}

function bootManager(
  forecast: Forecast,
  { boot, place }: BootImage,
  loaded: Omit<LoadedImage, 'fromGptDisk'>,
): Contribution {
  const gpt = place && gptEvent(forecast, place.gpt);
  const images = [{ ...loaded, fromGptDisk: gpt !== undefined }];
  const path = { boot, images, gpt, bootVariables: [], handoffTables: [] };
  const events = known(...predictBootManager(forecast, path));
  if (boot === 'kernel' || gpt !== undefined) return events;
  return inOrder(events, unknown([5], 'the partition table of the boot disk, which is not known'));
}

/** What a first image that is no UKI measures before the kernel takes over. */
function withoutStub(
  forecast: Forecast,
  firmware: Firmware,
  image: BootImage,
  { kind }: Exclude<Payload, StartedUki>,
): Contribution {
  if (kind === 'linux') return predictKernelBoot(forecast, firmware, image);
  return unknown(LOADER_PCRS, `what ${image.source.name} measures and loads is not forecast`);
}

/** The FAT driver of the firmware has a volume open only where a disk is attached. */
function exitBootServices(forecast: Forecast, { build }: Firmware, { boot }: BootImage) {
  const failsFirst = boot === 'disk' && flushesFatVolumes(build);
  return known(...exitBootServicesEvents(forecast, failsFirst));
}
