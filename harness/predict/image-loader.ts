import type { ByteSource } from '../bytes/source.ts';
import type { SignatureDatabases } from './firmware/signature-databases.ts';
import { type AllowedImage, loadImage } from './load-image.ts';
import type { Forecast } from './prediction.ts';

/**
 * Loads an image, or throws an UnbootableError where it is refused and a FormatError where it is none.
 * Who loads images changes on the way: shim puts itself in the firmware's place.
 */
export type ImageLoader = (image: {
  readonly source: ByteSource;
  /** Where it is, for people. */
  readonly path: string;
}) => AllowedImage;

/**
 * The firmware's own LoadImage().
 *
 * @param forecast which banks
 * @param databases what Secure Boot judges images by; absent where it is not on
 * @returns a loader that throws as {@link loadImage} does
 */
export function firmwareLoader(
  forecast: Forecast,
  databases: SignatureDatabases | undefined,
): ImageLoader {
  return (image) => loadImage(forecast, image, databases);
}
