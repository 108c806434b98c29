import type { ExpectedEvent } from '../measure/event.ts';
import {
  type ImageAuthority,
  type SecureBootPolicy,
  secureBootAuthorityEvents,
} from './firmware/secure-boot.ts';
import type { AllowedImage } from './load-image.ts';
import type { Forecast } from './prediction.ts';
import { shimAuthorityEvents } from './shim/shim-authority-events.ts';

/**
 * The authority events of images, each event at the first image that it belongs to.
 *
 * @param forecast which banks
 * @param policy the variables, and whether the build has Secure Boot
 * @param images in the order in which they are loaded; firmware and shim each remember what they measured
 * @returns the events of each image
 */
export function imageAuthorityEvents(
  forecast: Forecast,
  policy: SecureBootPolicy,
  images: readonly Pick<AllowedImage, 'allowedBy' | 'loadedBy'>[],
): readonly (readonly ExpectedEvent[])[] {
  const of = (loader: AllowedImage['loadedBy']) =>
    images.map(({ allowedBy, loadedBy }) => (loadedBy === loader ? allowedBy : []));
  const byFirmware = eventsOfEach(of(undefined), (all) =>
    secureBootAuthorityEvents(forecast, policy, all),
  );
  const byShim = eventsOfEach(of('shim'), (all) => shimAuthorityEvents(forecast, all));
  return images.map((_, index) => [...(byFirmware[index] ?? []), ...(byShim[index] ?? [])]);
}

function eventsOfEach(
  authorities: readonly (readonly ImageAuthority[])[],
  measure: (all: readonly ImageAuthority[]) => readonly (ExpectedEvent | undefined)[],
): readonly (readonly ExpectedEvent[])[] {
  const events = measure(authorities.flat());
  let start = 0;
  return authorities.map(({ length }) => {
    const own = events.slice(start, start + length);
    start += length;
    return own.filter((event) => event !== undefined);
  });
}
