import type { ImageLoader } from '../image-loader.ts';
import { loadImage } from '../load-image.ts';
import type { Forecast } from '../prediction.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { judgeByShim, type ShimPolicy } from './shim-verdict.ts';

/**
 * shim's own loader, which verifies and measures an image.
 *
 * @param forecast which banks
 * @param policy what it judges by; absent where it verifies nothing
 * @param needsSbat whether an image without SBAT metadata is refused: the second stage is, what a
 *   second stage loads is not
 * @returns a loader that throws UnbootableError where shim refuses the image
 * @see shim 16.1, pe.c (handle_image) and loader-proto.c (shim_load_image)
 */
export function shimLoader(
  { banks }: Forecast,
  policy: ShimPolicy | undefined,
  needsSbat: boolean,
): ImageLoader {
  return (image) => {
    const loaded = loadImage({ banks }, image, undefined);
    if (policy === undefined) return { ...loaded, loadedBy: 'shim' };
    const { source } = image;
    const verdict = judgeByShim(source, loaded.pe, policy, needsSbat);
    if (!verdict.allowed) {
      throw new UnbootableError(`shim refuses ${source.name}: ${verdict.reason}`);
    }
    return { ...loaded, loadedBy: 'shim', allowedBy: verdict.authorities };
  };
}
