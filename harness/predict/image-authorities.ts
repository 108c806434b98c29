import type { ExpectedEvent } from '../measure/event.ts';
import type { AllowedImage } from './load-image.ts';
import type { Forecast } from './prediction.ts';
import { type SecureBootPolicy, secureBootAuthorityEvents } from './secure-boot.ts';

/**
 * The authority events of images, each event at the first image that it belongs to.
 *
 * @param forecast which banks
 * @param policy the variables, and whether the build has Secure Boot
 * @param images in the order in which the firmware loads them
 * @returns the events of each image
 */
export function imageAuthorityEvents(
  forecast: Forecast,
  policy: SecureBootPolicy,
  images: readonly Pick<AllowedImage, 'allowedBy'>[],
): readonly (readonly ExpectedEvent[])[] {
  const all = images.flatMap(({ allowedBy }) => allowedBy);
  const events = secureBootAuthorityEvents(forecast, policy, all);
  let start = 0;
  return images.map(({ allowedBy }) => {
    const own = events.slice(start, start + allowedBy.length);
    start += allowedBy.length;
    return own.filter((event) => event !== undefined);
  });
}
