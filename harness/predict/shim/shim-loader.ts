import type { ByteSource } from '../../bytes/source.ts';
import { readRange } from '../../bytes/source.ts';
import { authenticodeDigests } from '../../formats/authenticode.ts';
import type { PeImage } from '../../formats/pe.ts';
import { readSbatSection, revokedComponent, type SbatEntry } from '../../formats/sbat.ts';
import type { ImageLoader } from '../image-loader.ts';
import { loadImage } from '../load-image.ts';
import type { Forecast } from '../prediction.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { type ShimDatabases, signaturesForShim, verifyByShim } from './shim-verification.ts';

const MAX_SBAT_BYTES = 1 << 20;

/** What shim judges an image by. */
export type ShimPolicy = {
  readonly databases: ShimDatabases;
  /** What SbatLevel revokes. */
  readonly sbatLevel: readonly SbatEntry[];
};

/**
 * shim's own loader, which verifies and measures an image.
 *
 * @param forecast which banks
 * @param policy what it judges by; absent where it verifies nothing
 * @param needsSbat whether an image without SBAT metadata is refused: the second stage is, what a
 *   second stage loads is not
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
    const { pe } = loaded;
    const digests = authenticodeDigests(source, pe, ['sha1', 'sha256']);
    const signatures = signaturesForShim(source, pe);
    const verdict = verifyByShim({ digests, signatures }, policy.databases);
    const objection = verdict.allowed
      ? sbatObjection(source, pe, policy.sbatLevel, needsSbat)
      : verdict.reason;
    if (!verdict.allowed || objection !== undefined) {
      throw new UnbootableError(`shim refuses ${source.name}: ${objection}`);
    }
    return { ...loaded, loadedBy: 'shim', allowedBy: verdict.authorities };
  };
}

/** shim 16.1, verify.c (verify_buffer_sbat) and pe.c (verify_sbat_section). */
function sbatObjection(
  source: ByteSource,
  { sections }: PeImage,
  level: readonly SbatEntry[],
  needsSbat: boolean,
): string | undefined {
  if (level.length === 0) return undefined;
  const [section, ...others] = sections.filter(({ name }) => name === '.sbat');
  if (others.length > 0) return 'it has several .sbat sections';
  const hasMetadata =
    section !== undefined && section.rawSize > 0 && section.rawSize >= section.virtualSize;
  if (!hasMetadata) return needsSbat ? 'it has no SBAT metadata' : undefined;
  const size = Math.min(section.rawSize, MAX_SBAT_BYTES);
  const entries = readSbatSection(readRange(source, section.rawOffset, size, '.sbat'));
  if (entries === undefined) return 'its SBAT metadata makes no sense';
  const revoked = revokedComponent(entries, level);
  return revoked && `SbatLevel revokes ${revoked.component} ${revoked.generation}`;
}
