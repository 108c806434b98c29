import { readShim } from '../formats/shim.ts';
import { readUki } from '../formats/uki.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import type { BootImage } from './boot-image.ts';
import type { Firmware } from './firmware/firmware.ts';
import type { SignatureDatabases } from './firmware/signature-databases.ts';
import { firmwareLoader, type ImageLoader } from './image-loader.ts';
import { isLinuxKernel } from './linux/kernel-boot.ts';
import type { AllowedImage } from './load-image.ts';
import type { Forecast } from './prediction.ts';
import { predictShim } from './shim/shim.ts';
import { type StartedUki, startUki } from './stub/uki-boot.ts';
import { predictSystemdBoot, systemdBootVersion } from './systemd-boot/systemd-boot.ts';
import { UnbootableError } from './unbootable-error.ts';

/** A program on the way to the kernel. */
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

/** A program that was started, and who loads images from then on. */
type Step = { readonly link: ChainLink; readonly load: ImageLoader };

/** A program that another one starts, or why it is not known. */
type NextStep = Step | { readonly unknown: string };

/**
 * Follows a boot from the first image that the firmware loads to the program that starts the kernel:
 * shim and systemd-boot may come before it, in this order.
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
  const load = firmwareLoader(forecast, databases);
  const first = { link: { image, loaded: load(image), before: [] }, load };
  const links: [ChainLink, ...ChainLink[]] = [first.link];
  let last: Step = first;
  for (const start of [startByShim, startBySystemdBoot]) {
    const next = start(forecast, firmware, last, databases !== undefined);
    if (next === undefined) continue;
    if ('unknown' in next) return { links, payload: { kind: 'unknown', reason: next.unknown } };
    links.push(next.link);
    last = next;
  }
  return { links, payload: payloadOf(last, image.oemStrings) };
}

/** @returns `undefined` where the program is no shim */
function startByShim(
  forecast: Forecast,
  firmware: Firmware,
  { link: { image, loaded } }: Step,
  isSecureBoot: boolean,
): NextStep | undefined {
  const shim = readShim(image.source, loaded.pe);
  if (shim === undefined) return undefined;
  const start = predictShim(forecast, shim, image, firmware, isSecureBoot);
  if ('unknown' in start) return start;
  const { next, events, load, loadFurther } = start;
  return { link: { image: next, loaded: load(next), before: events }, load: loadFurther };
}

/** @returns `undefined` where the program is no systemd-boot, or not known to be on a disk */
function startBySystemdBoot(
  forecast: Forecast,
  firmware: Firmware,
  { link: { image, loaded }, load }: Step,
): NextStep | undefined {
  const version = systemdBootVersion(image.source, loaded.pe);
  if (version === undefined || image.place === undefined) return undefined;
  const choice = predictSystemdBoot(forecast, version, image.place, firmware);
  if ('unknown' in choice) return choice;
  const { next, events } = choice;
  return { link: { image: next, loaded: load(next), before: events }, load };
}

/** A kernel's own measurements are known only where it is known what it is started with. */
function payloadOf(
  { link: { image, loaded }, load }: Step,
  oemStrings: readonly string[] | undefined,
): Payload {
  const { source, boot, initrd } = image;
  const { pe } = loaded;
  const uki = readUki(source, pe);
  if (uki === undefined && boot === 'kernel' && isLinuxKernel(source)) {
    return { kind: 'linux', image };
  }
  if (initrd !== undefined) {
    throw new UnbootableError(`QEMU gives no initrd to ${source.name}, which is no Linux kernel`);
  }
  if (uki !== undefined) {
    return { kind: 'uki', ...startUki({ source, pe, uki, image }, load, oemStrings) };
  }
  return { kind: 'unknown', reason: `what ${source.name} measures and loads is not forecast` };
}
