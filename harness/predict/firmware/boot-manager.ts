import type { Digests } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type Contribution, computed, inOrder } from '../contribution.ts';
import type { BootConfiguration } from '../platform/boot-configuration.ts';
import type { Forecast } from '../prediction.ts';
import { action, separator } from './firmware-events.ts';

/** PCRs that are closed when the first boot option is about to start; 7 was closed before. */
const CLOSED_PCRS = [0, 1, 2, 3, 4, 5, 6];

/** Event type and PCR of an image, by what its PE header says it is. */
const IMAGE_KINDS = {
  application: { pcr: 4, type: 'EV_EFI_BOOT_SERVICES_APPLICATION' },
  'boot-services-driver': { pcr: 2, type: 'EV_EFI_BOOT_SERVICES_DRIVER' },
  'runtime-driver': { pcr: 2, type: 'EV_EFI_RUNTIME_SERVICES_DRIVER' },
} as const;

/** A PE image that the firmware's LoadImage() loads, or shim in its place. */
export type LoadedImage = {
  readonly kind: keyof typeof IMAGE_KINDS;
  /** Authenticode digest in every bank that is forecast. */
  readonly authenticode: Digests;
  /** What it is, for people: its path, or the role it has. */
  readonly description: string;
  /**
   * Its events of PCR 7: one for a signed image; none where Secure Boot is not on or the authority was
   * measured before; one for each digest in db that allows an image without signature.
   */
  readonly authorities: readonly ExpectedEvent[];
  /** Whether it comes from a partition of a GPT disk, and not from memory. */
  readonly fromGptDisk: boolean;
  /** Who loads and measures it; the firmware unless given. */
  readonly loadedBy?: 'shim';
};

/** What the boot manager has to do. */
export type BootPath = {
  /**
   * `disk`: a boot option is started. `kernel`: QEMU's `-kernel`, which OVMF loads before it
   * signals that it is ready to boot.
   */
  readonly boot: 'disk' | 'kernel';
  /** The images that the firmware loads, in order: boot loader first. */
  readonly images: readonly LoadedImage[];
  /** The measurement of the boot disk's partition table; absent where no image is on one. */
  readonly gpt?: ExpectedEvent | undefined;
  readonly configuration: BootConfiguration;
};

/**
 * Forecasts what the boot manager and the images that the firmware loads add to PCRs 0 to 7.
 *
 * @param forecast which banks
 * @param path how the machine boots
 * @returns the events in the order in which they are extended: of an image first its authorities, then
 *   the partition table where it was not measured yet, then the image
 * @throws TypeError where an image lacks the digest of a bank
 * @see edk2, SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c (OnReadyToBoot),
 *   MdeModulePkg/Universal/SmbiosMeasurementDxe, OvmfPkg/Library/PlatformBootManagerLib
 */
export function predictBootManager(
  { banks }: Forecast,
  { boot, images, gpt, configuration }: BootPath,
): Contribution {
  const firstOnDisk = images.findIndex(({ fromGptDisk }) => fromGptDisk);
  const loads = images.map((image, index) => [
    ...image.authorities,
    ...(gpt && index === firstOnDisk ? [gpt] : []),
    imageEvent({ banks }, image),
  ]);
  const beforeReady = boot === 'kernel' ? loads.slice(0, 1) : [];
  return inOrder(
    computed(...beforeReady.flat()),
    configuration.beforeSeparators,
    computed(...readyToBootEvents({ banks })),
    configuration.afterSeparators,
    computed(...loads.slice(beforeReady.length).flat()),
  );
}

/**
 * What is measured at the first attempt to boot.
 *
 * @param forecast which banks
 * @see TCG PC Client PFP 1.06, 3.3.4.5
 */
export function readyToBootEvents({ banks }: Forecast): readonly ExpectedEvent[] {
  return [
    action(banks, 4, 'Calling EFI Application from Boot Option'),
    ...CLOSED_PCRS.map((pcr) => separator(banks, pcr)),
  ];
}

/**
 * What is measured at every further attempt: a boot option came back.
 *
 * @param forecast which banks
 */
export function bootAgainEvents({ banks }: Forecast): readonly ExpectedEvent[] {
  return [
    action(banks, 4, 'Returning from EFI Application from Boot Option'),
    action(banks, 4, 'Calling EFI Application from Boot Option'),
  ];
}

/**
 * The measurement of one image.
 *
 * @param forecast which banks
 * @param image its kind and Authenticode digests
 * @throws TypeError where the image lacks the digest of a bank
 */
export function imageEvent({ banks }: Forecast, image: LoadedImage): ExpectedEvent {
  const digests = Object.fromEntries(
    banks.map((bank) => {
      const digest = image.authenticode[bank];
      if (digest === undefined) throw new TypeError(`no ${bank} digest of ${image.description}`);
      return [bank, digest];
    }),
  );
  const { pcr, type } = IMAGE_KINDS[image.kind];
  return {
    pcr,
    type,
    digests,
    description: image.description,
    agent: image.loadedBy ?? 'firmware',
  };
}
