import { FormatError } from '../../harness/bytes/format-error.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { VariableStore } from '../../harness/formats/efi-variable-store.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { type Trial, trialsIn, WITNESS_STATUS } from '../../harness/formats/trial-program.ts';
import type { JudgedTrial, TrialReport } from '../../harness/judge/trial-report.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { efiImageKind } from '../../harness/predict/load-image.ts';
import { authoriseByShim } from '../../harness/predict/shim/shim-authorisation.ts';
import { programExtends, sha256Extends } from '../../harness/tpm/boot-extends.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { BenchParts } from './firmware-bench.ts';
import { type ShimBefore, shimBefore } from './shim-before.ts';
import { authenticodeOf } from './signed-image.ts';
import { type TrialStoreName, trialStore } from './trial-stores.ts';
import type { TrialImage } from './witness-image.ts';

/** The images of a run, and the program that tries them. */
export type TrialProgram = {
  readonly images: readonly TrialImage[];
  readonly path: string;
  readonly bytes: Uint8Array;
};

/** Status codes of UEFI 2.11, appendix D, without their highest bit. */
const STATUS: Readonly<Record<string, string>> = {
  '1': 'EFI_LOAD_ERROR',
  '2': 'EFI_INVALID_PARAMETER',
  '3': 'EFI_UNSUPPORTED',
  f: 'EFI_ACCESS_DENIED',
  '1a': 'EFI_SECURITY_VIOLATION',
};

/** One image's forecast. */
type Forecast = {
  readonly boots: boolean;
  readonly reason: string;
  readonly events: readonly ExpectedEvent[];
};

/**
 * What was forecast of the images of a run, and what became of them.
 *
 * @param name of the variable store
 * @param bench with the program that tried the images
 * @param store as the firmware found it
 */
export function trialReport(
  name: TrialStoreName,
  bench: BenchParts & TrialProgram,
  store: VariableStore,
  seen: SeenBoot,
): TrialReport {
  const { loader } = trialStore(name);
  const forecasts = bench.images.map(({ bytes }) => forecast(bytes, bench, store, loader, false));
  const own = forecast(bench.bytes, bench, store, loader, true);
  const before = loader === 'shim' ? shimBefore(bench, store) : NOTHING_BEFORE;
  const secureBoot = { store, hasSecureBoot: true };
  const policy = secureBootPolicyEvents({ banks: ['sha256'] }, secureBoot).flatMap(
    ({ digests: { sha256 } }) => sha256 ?? [],
  );
  const seenTrials = trialsIn(seen.console);
  const trials = bench.images.map((image, index) =>
    judgedTrial(image, forecasts[index] ?? own, seenTrials[index]),
  );
  const conductor = authenticodeOf(bench.bytes);
  const started = trials.filter(
    ({ predicted }, at) => predicted.boots && isProgram(bench.images[at], loader),
  );
  return {
    store: name,
    loader,
    trials,
    conductor,
    measured: { pcr4: programExtends(seen.extends), pcr7: sha256Extends(seen.extends, 7) },
    expected: {
      pcr4: [...before.programs, conductor, ...started.flatMap(({ digest }) => digest ?? [])],
      pcr7: [...policy, ...before.authorities, ...eachOnce([own, ...forecasts])],
    },
  };
}

/** The firmware measures drivers in PCR 2; shim knows no difference. */
function isProgram(image: TrialImage | undefined, loader: TrialReport['loader']): boolean {
  if (image === undefined || loader === 'shim') return image !== undefined;
  return efiImageKind(readPe(bytesSource(image.name, image.bytes))) === 'application';
}

const NOTHING_BEFORE: ShimBefore = { programs: [], authorities: [] };

/** Firmware and shim measure an authority when they first meet it. */
function eachOnce(forecasts: readonly Forecast[]): readonly string[] {
  const digests = forecasts.flatMap(({ events }) => events.map((event) => event.digests.sha256));
  return [...new Set(digests)].filter((digest) => digest !== undefined);
}

function forecast(
  bytes: Uint8Array,
  { build, shim }: BenchParts,
  store: VariableStore,
  loader: TrialReport['loader'],
  needsSbat: boolean,
): Forecast {
  const source = bytesSource('image', bytes);
  const banks = { banks: ['sha256'] } as const;
  try {
    const judged =
      loader === 'firmware'
        ? authoriseImage(banks, source, store, undefined, build).firmware
        : authoriseByShim(banks, { source, pe: readPe(source) }, store.variables, shim, needsSbat);
    if (judged === undefined) throw new TypeError('shim has nothing to judge by');
    const { verdict, events } = judged;
    return { boots: verdict.allowed, reason: verdict.allowed ? '' : verdict.reason, events };
  } catch (error) {
    if (error instanceof FormatError) return { boots: false, reason: error.message, events: [] };
    throw error;
  }
}

function judgedTrial(
  { name, bytes }: TrialImage,
  { boots, reason }: Forecast,
  trial: Trial | undefined,
): JudgedTrial {
  const started = trial?.load === 0n && trial.start === WITNESS_STATUS;
  const status = statusOf(trial?.load === 0n ? trial.start : trial?.load);
  return {
    what: name,
    predicted: { boots, reason },
    observed: { started, status },
    digest: boots ? authenticodeOf(bytes) : undefined,
  };
}

function statusOf(status: bigint | undefined): string {
  if (status === undefined) return 'no answer';
  const number = (status & 0x7fff_ffff_ffff_ffffn).toString(16);
  return STATUS[number] ?? `status 0x${status.toString(16)}`;
}
