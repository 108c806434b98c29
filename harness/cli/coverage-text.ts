import { printable } from '../bytes/format-error.ts';
import type { Coverage, CoveredRegion, FileCoverage, Sample } from '../coverage/coverage.ts';

type CodeCoverage = NonNullable<Coverage['firmware']>['code'];

/** Width of the bar that shows a region's share, in characters. */
const BAR = 10;

/**
 * A map of coverage for people: every region, and last what nothing protects, the largest first.
 *
 * @returns lines, each ended by a line feed
 */
export function renderCoverage(coverage: Coverage): string {
  const { isSecureBoot, problem, firmware, sample } = coverage;
  return [
    ...(firmware ? [...fileLines('Firmware', firmware.code), ''] : []),
    ...(firmware?.vars ? [...fileLines('Variable store', firmware.vars), ''] : []),
    ...fileLines('Disk', coverage),
    '',
    ...sampleLines(sample),
    ...(firmware ? launchLines(firmware.code) : []),
    ...(problem === undefined ? [] : [`Not all is known of the boot: ${problem}`]),
    isSecureBoot ? 'Secure Boot is on.' : 'Secure Boot is off: signatures protect nothing.',
    ...(firmware ? unprotectedLines('the firmware of an SEV guest', firmware.code) : []),
    ...(firmware?.vars ? unprotectedLines('the variable store', firmware.vars) : []),
    ...unprotectedLines('the disk', coverage),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function fileLines(title: string, coverage: FileCoverage): readonly string[] {
  const { regions } = coverage;
  const size = regions.at(-1)?.end ?? 0;
  const total = (bytes: number, what: string) => `${bytesText(bytes).padStart(10)}  ${what}`;
  return [
    `${title}:`,
    ...regions.map((region) => mapLine(region, size)),
    '',
    ...Object.entries(coverage.bytesByMechanism).map(([what, bytes = 0]) => total(bytes, what)),
    total(coverage.partlyProtectedBytes, 'of these only where a change has consequences'),
    total(coverage.unprotectedBytes, 'NOTHING'),
  ];
}

function unprotectedLines(name: string, coverage: FileCoverage): readonly string[] {
  const { regions, unprotected, unprotectedBytes } = coverage;
  if (unprotected.length === 0) return [`Every byte of ${name} is protected.`];
  const share = percent(unprotectedBytes, regions.at(-1)?.end ?? 0);
  return [
    `UNPROTECTED, ${share} of ${name}: nothing tells of a change of these bytes`,
    ...unprotected.map((region) => {
      const bytes = bytesText(region.end - region.start).padStart(10);
      return `  ${bytes}  ${placeOf(region)}  ${nameOf(region)}${consequence(region)}`;
    }),
  ];
}

/** What becomes of a change that nothing tells of. */
function consequence({ executed, mayBeUsed, rewritten }: CoveredRegion): string {
  if (executed) return ', WHICH IS EXECUTED';
  if (mayBeUsed) return ', WHICH MAY BE USED';
  return rewritten ? ', which the firmware writes anew' : '';
}

/** Without SEV there is no launch digest. */
function launchLines({ regions, unprotectedBytesWithoutSev: bytes }: CodeCoverage) {
  const launched = regions.filter(({ detectedBy }) => detectedBy.join() === 'launch digest');
  if (launched.length === 0) return [];
  const names = [...new Set(launched.map(({ what }) => what))].join(', ');
  return [
    `A launch digest there is of SEV guests alone: in others ${bytesText(bytes)} of the firmware are ` +
      `UNPROTECTED (${names})`,
  ];
}

function sampleLines(sample: Sample | undefined): readonly string[] {
  if (sample === undefined) return [];
  const { tried, disagreements, seed } = sample;
  return [
    `${tried} single bits were changed (seed ${seed}): the map was wrong of ${disagreements.length}.`,
    ...disagreements.map(
      ({ file, offset, bits, what, why }) =>
        `  ${file}, bits 0x${bits.toString(16)} at 0x${offset.toString(16)}, ${what}: ${why}`,
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
