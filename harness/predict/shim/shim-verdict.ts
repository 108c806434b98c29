import { type ByteSource, readRange } from '../../bytes/source.ts';
import { authenticodeDigests } from '../../formats/authenticode.ts';
import type { PeImage } from '../../formats/pe.ts';
import { readSbatSection, revokedComponent, type SbatEntry } from '../../formats/sbat.ts';
import { refused, type Verdict } from '../verdict.ts';
import { signaturesForShim } from './shim-signatures.ts';
import { type ShimDatabases, verifyByShim } from './shim-verification.ts';

const MAX_SBAT_BYTES = 1 << 20;

/** What shim judges an image by. */
export type ShimPolicy = {
  readonly databases: ShimDatabases;
  /** What SbatLevel revokes. */
  readonly sbatLevel: readonly SbatEntry[];
};

/**
 * Judges an image as shim does when Secure Boot is on: its signatures, then its SBAT metadata.
 *
 * @param source the image
 * @param pe its headers
 * @param policy what shim judges it by
 * @param needsSbat whether an image without SBAT metadata is refused
 * @throws FormatError where the certificate table covers bytes of a section
 * @see shim 16.1, verify.c (verify_buffer)
 */
export function judgeByShim(
  source: ByteSource,
  pe: PeImage,
  { databases, sbatLevel }: ShimPolicy,
  needsSbat: boolean,
): Verdict {
  const digests = authenticodeDigests(source, pe, ['sha1', 'sha256']);
  const verdict = verifyByShim({ digests, ...signaturesForShim(source, pe) }, databases);
  if (!verdict.allowed) return verdict;
  const objection = sbatObjection(source, pe, sbatLevel, needsSbat);
  if (objection !== undefined) return refused('sbat', objection, verdict.authorities);
  const problem = entryPointProblem(pe);
  return problem === undefined ? verdict : refused('no-efi-image', problem, verdict.authorities);
}

/** What shim says of an image that it has verified, measured and loaded: pe.c (handle_image). */
function entryPointProblem({ sections, entryPoint }: PeImage): string | undefined {
  const count = sections.filter(
    ({ virtualAddress, virtualSize }) =>
      virtualAddress <= entryPoint && virtualAddress + virtualSize - 1 > entryPoint,
  ).length;
  if (count === 1) return undefined;
  return count === 0
    ? 'it begins to run in none of its sections'
    : `it begins to run in ${count} sections, which overlap`;
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
