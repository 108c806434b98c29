import { printable } from '../bytes/format-error.ts';
import type { Coverage, CoveredRegion, Sample } from '../coverage/coverage.ts';

/** Width of the bar that shows a region's share, in characters. */
const BAR = 10;

/**
 * A map of coverage for people: every region, and last what nothing protects, the largest first.
 *
 * @returns lines, each ended by a line feed
 */
export function renderCoverage(coverage: Coverage): string {
  const { regions, unprotected, isSecureBoot, problem } = coverage;
  const size = regions.at(-1)?.end ?? 0;
  return [
    ...regions.map((region) => mapLine(region, size)),
    '',
    ...Object.entries(coverage.bytesByMechanism).map(
      ([mechanism, bytes = 0]) => `${bytesText(bytes).padStart(10)}  ${mechanism}`,
    ),
    `${bytesText(coverage.partlyProtectedBytes).padStart(10)}  only where a change has consequences`,
    `${bytesText(coverage.unprotectedBytes).padStart(10)}  NOTHING`,
    '',
    ...sampleLines(coverage.sample),
    ...(problem === undefined ? [] : [`Not all is known of the boot: ${problem}`]),
    isSecureBoot ? 'Secure Boot is on.' : 'Secure Boot is off: signatures protect nothing.',
    `UNPROTECTED, ${percent(coverage.unprotectedBytes, size)} of the image; no change of these bytes is told:`,
    ...unprotected.map(
      (region) =>
        `  ${bytesText(region.end - region.start).padStart(10)}  ${placeOf(region)}  ${nameOf(region)}${region.mayBeUsed ? ', WHICH THE GUEST MAY USE' : ''}`,
    ),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function sampleLines(sample: Sample | undefined): readonly string[] {
  if (sample === undefined) return [];
  const { tried, disagreements, seed } = sample;
  return [
    `${tried} single bits were changed (seed ${seed}): the map was wrong of ${disagreements.length}.`,
    ...disagreements.map(
      ({ offset, bits, what, why }) =>
        `  bits 0x${bits.toString(16)} at 0x${offset.toString(16)}, ${what}: ${why}`,
    ),
    '',
  ];
}

function mapLine(region: CoveredRegion, size: number): string {
  const bytes = region.end - region.start;
  const protection = region.detectedBy.join(', ') || 'NOTHING';
  const partly = region.partly && region.detectedBy.length > 0 ? ' (partly)' : '';
  const bar = '█'.repeat(Math.round((bytes / size) * BAR)).padEnd(BAR, '·');
  return `${placeOf(region)}  ${bytesText(bytes).padStart(10)}  ${bar}  ${region.when.padEnd(7)}  ${protection}${partly}  ${nameOf(region)}`;
}

function placeOf({ start, end }: CoveredRegion): string {
  return `0x${start.toString(16).padStart(9, '0')}-0x${end.toString(16).padStart(9, '0')}`;
}

function nameOf({ what, file }: CoveredRegion): string {
  return file === undefined ? what : `${file}: ${what}`;
}

function percent(bytes: number, size: number): string {
  return `${((100 * bytes) / Math.max(1, size)).toFixed(2)} %`;
}

function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000 << 10) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
