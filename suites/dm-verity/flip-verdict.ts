import { type BootTrace, outcomeOfBoot } from '../../harness/coverage/boot-outcome.ts';
import { disagreement } from '../../harness/coverage/disagreement.ts';
import type { Outcome } from '../../harness/coverage/forecast-difference.ts';
import type { Mechanism, Region } from '../../harness/coverage/region.ts';
import type { Trial } from '../../harness/coverage/sample.ts';
import { WITNESS_KERNEL_LINE } from '../../harness/formats/witness-kernel.ts';
import { NOTHING, type TriedFlip } from '../../harness/judge/judge-flips.ts';
import { BOOT_EXTENDS } from '../../harness/tpm/boot-extends.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { SeenRun } from '../../harness/vm/rewindable-vm.ts';

/** What the firmware says of what it does not boot (edk2, OvmfPkg, PlatformBmPrintScLib). */
const REFUSED = /BdsDxe: failed to \w+ Boot[0-9A-F]{4}.*: ([^:]+)$|BdsDxe: No bootable option/;

/** A processor exception ends in a loop (edk2, UefiCpuPkg, CpuExceptionHandlerLib). */
const EXCEPTION = /!!!! X64 Exception/;

/** How the firmware calls what Secure Boot does not let pass. */
const NOT_TRUSTED = /Access Denied|Security Violation/;

/** Whether it is known what becomes of a boot. */
export function isDecided(seen: SeenBoot): boolean {
  const isRefused = (line: string) => REFUSED.test(line) || EXCEPTION.test(line);
  return hasStarted(seen) || seen.console.some(isRefused);
}

/** A run with bits of a file flipped. */
export type FlippedRun = SeenRun & {
  /** Whether no flip is left: the firmware has written what they were in anew. Absent where nobody looked. */
  readonly isRewritten?: boolean;
};

/** What a run showed. */
export type RunTrace = BootTrace & {
  /** Whether the firmware wrote to the disk: as it does to restore a partition table from the other one. */
  readonly hasRestored: boolean;
  readonly isRewritten?: boolean | undefined;
};

/** What a run showed, in the words of the map. */
export function traceOf(run: FlippedRun): RunTrace {
  const { console: lines, extends: all, end, disk, isRewritten } = run;
  const refusal = lines.map((line) => REFUSED.exec(line)).find((found) => found !== null);
  const said = refusal === undefined ? undefined : `firmware: ${refusal[1] ?? 'nothing to boot'}`;
  return {
    extends: all,
    hasStarted: hasStarted(run),
    hasRestored: disk.writes > 0,
    isRewritten,
    refusal: said ?? (end === 'shut down' ? 'the machine ended itself' : undefined),
  };
}

function hasStarted({ console: lines, extends: all }: SeenBoot): boolean {
  return (
    lines.some((line) => line.includes(WITNESS_KERNEL_LINE)) ||
    all.some(({ digests }) => digests['sha256'] === BOOT_EXTENDS.leftBootServices)
  );
}

/** How a trial came out, by a real boot, and what a forecast of the same makes of it where there is one. */
export type TrialBoot = { readonly trace: RunTrace; readonly forecast?: Outcome };

/**
 * Holds what the map says of a flip, and the forecast of it, against a real boot.
 *
 * @param file what the file is called in the report
 * @param unchanged the boot without the flip
 */
export function triedFlip(
  file: string,
  { region, offset, bits }: Trial,
  unchanged: BootTrace,
  { trace, forecast }: TrialBoot,
): TriedFlip {
  const outcome = outcomeOfBoot(unchanged, trace);
  const why =
    disagreement(region, outcome) ??
    notBySignature(region, outcome) ??
    notAsRewritten(region, trace) ??
    (forecast && notAsForecast(forecast, outcome, trace.hasStarted));
  return {
    file,
    region: region.file === undefined ? region.what : `${region.file}: ${region.what}`,
    offset,
    bits,
    predicted: predictedText(region),
    seen: seenText(outcome) + afterwards(trace, outcome),
    disagreement: why,
  };
}

/** What the firmware has done about it, and whether it has gone on. */
function afterwards({ hasRestored, isRewritten, hasStarted: isWhole }: RunTrace, seen: Outcome) {
  if (hasRestored) return ', and the firmware has restored the table';
  if (isRewritten) return ', and the firmware has written it anew';
  return isWhole || 'refused' in seen ? '' : ', and the kernel is never started';
}

/** Mechanisms in the order of the map. */
export function predictedText({ detectedBy }: Region): string {
  return detectedBy.join(', ') || NOTHING;
}

function seenText(outcome: Outcome): string {
  if ('refused' in outcome) return outcome.refused;
  return outcome.moved.join(', ') || NOTHING;
}

/** Bytes that lead to others may hide the image; of all others it is the signature that has to be missed. */
function notBySignature({ detectedBy, steers }: Region, outcome: Outcome): string | undefined {
  if (steers || !detectedBy.includes('Secure Boot signature')) return undefined;
  if (!('refused' in outcome) || NOT_TRUSTED.test(outcome.refused)) return undefined;
  return `the Secure Boot signature was to notice, but: ${outcome.refused}`;
}

/** Where bytes lead to others, the firmware may find nothing to keep, and begins with an empty file. */
function notAsRewritten(region: Region, { isRewritten }: RunTrace): string | undefined {
  const isSaid = region.rewritten ?? false;
  if (region.steers || isRewritten === undefined || isRewritten === isSaid) return undefined;
  return isSaid
    ? 'the firmware was to write it anew, and the bit is still flipped'
    : 'the firmware has written it anew, and nothing says that it does';
}

/** PCRs that are extended before a kernel runs, of those that follow from files alone. */
const FORECAST = new Set([2, 3, 4, 5, 6, 7, 11, 12, 13].map((pcr) => `PCR ${pcr}`));

function notAsForecast(forecast: Outcome, seen: Outcome, isWhole: boolean): string | undefined {
  const isRefused = [forecast, seen].map((one) => 'refused' in one);
  if ('refused' in forecast || 'refused' in seen) {
    // A firmware that was to refuse may also never come to an end.
    if (isRefused[0] === isRefused[1] || ('refused' in forecast && !isWhole)) return undefined;
    return `the forecast is ${seenText(forecast)}`;
  }
  const [expected, moved] = [known(forecast.moved), known(seen.moved)];
  const isSame = isWhole
    ? expected.join() === moved.join()
    : moved.every((pcr) => expected.includes(pcr));
  return isSame ? undefined : `the forecast is ${expected.join(', ') || NOTHING}`;
}

function known(pcrs: readonly Mechanism[]): readonly Mechanism[] {
  return pcrs.filter((pcr) => FORECAST.has(pcr));
}
