import { readUki } from '../formats/uki.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import type { BootImage } from './boot-image.ts';
import type { Firmware } from './firmware.ts';
import { isLinuxKernel } from './kernel-boot.ts';
import { type AllowedImage, loadImage } from './load-image.ts';
import type { Forecast } from './prediction.ts';
import type { SignatureDatabases } from './signature-databases.ts';
import { predictSystemdBoot, systemdBootVersion } from './systemd-boot.ts';
import { type StartedUki, startUki } from './uki-boot.ts';
import { UnbootableError } from './unbootable-error.ts';

/** A program that the firmware loads on the way to the kernel. */
export type ChainLink = {
  readonly image: BootImage;
  readonly loaded: AllowedImage;
  /** What the program before it measures before it has this one loaded. */
  readonly before: readonly ExpectedEvent[];
};

/** The last program of a chain. */
export type Payload =
  | (StartedUki & { readonly kind: 'uki' })
  /** A Linux kernel that QEMU gives to the firmware. */
  | { readonly kind: 'linux'; readonly image: BootImage }
  /** A program whose measurements are not known, with the reason. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What is loaded one after the other from the firmware on. */
export type BootChain = {
  /** The first is loaded by the firmware's boot manager. */
  readonly links: readonly [ChainLink, ...ChainLink[]];
  readonly payload: Payload;
};

/**
 * Follows a boot from the first image that the firmware loads to the program that starts the kernel.
 *
 * @param forecast which banks
 * @param firmware whose variables can tell a boot loader what to start
 * @param image the first image
 * @param databases what Secure Boot judges images by; absent where it is not on
 * @throws FormatError where a file is damaged
 * @throws UnbootableError where an image is refused
 */
export function followBootChain(
  forecast: Forecast,
  firmware: Firmware,
  image: BootImage,
  databases: SignatureDatabases | undefined,
): BootChain {
  const load = (next: BootImage, before: readonly ExpectedEvent[]): ChainLink => ({
    image: next,
    loaded: loadImage(forecast, next, databases),
    before,
  });
  const first = load(image, []);
  const version = systemdBootVersion(image.source, first.loaded.pe);
  if (version === undefined || image.place === undefined) {
    return { links: [first], payload: payloadOf(forecast, first, databases) };
  }
  const choice = predictSystemdBoot(forecast, version, image.place, firmware);
  if ('unknown' in choice) {
    return { links: [first], payload: { kind: 'unknown', reason: choice.unknown } };
  }
  const second = load(choice.next, choice.events);
  return { links: [first, second], payload: payloadOf(forecast, second, databases) };
}

/** A kernel's own measurements are known only where it is known what it is started with. */
function payloadOf(
  forecast: Forecast,
  { image, loaded: { pe } }: ChainLink,
  databases: SignatureDatabases | undefined,
): Payload {
  const { source, boot, initrd } = image;
  const uki = readUki(source, pe);
  if (uki === undefined && boot === 'kernel' && isLinuxKernel(source)) {
    return { kind: 'linux', image };
  }
  if (initrd !== undefined) {
    throw new UnbootableError(`QEMU gives no initrd to ${source.name}, which is no Linux kernel`);
  }
  if (uki !== undefined) {
    return { kind: 'uki', ...startUki(forecast, { source, pe, uki, image }, databases) };
  }
  return { kind: 'unknown', reason: `what ${source.name} measures and loads is not forecast` };
}
