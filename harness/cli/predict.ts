import { printable } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { asDefaultBootFile, type BootImage, findBootImage } from '../predict/boot-image.ts';
import { readFirmware } from '../predict/firmware/firmware.ts';
import { BOOTED, type PredictOptions, predictBoot } from '../predict/predict.ts';
import type { Prediction } from '../predict/prediction.ts';

/** The files that say what is booted, as the user names them. */
export type PredictFlags = {
  readonly disk?: string;
  /** A UKI that is the default boot file of a partition with nothing else, on an unknown disk. */
  readonly uki?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cmdline?: string;
  readonly firmware?: string;
  /** Left out: the store that the firmware's image starts with, or else one without variables. */
  readonly vars?: string;
};

/** What is to be forecast: paths, as the user names them. */
export type PredictRequest = {
  readonly firmware: string;
  readonly vars: string | undefined;
  readonly boot: Machine['boot'] | { readonly kind: 'uki'; readonly uki: string };
};

/** What is computed unless the user asks for something else. */
export const PREDICT_DEFAULTS: PredictOptions = { banks: ['sha256'], phases: BOOTED };

/**
 * Makes out what is to be forecast. A flag counts more than what the machine description says.
 *
 * @param flags what stands on the command line
 * @param machine the machine description, where one is given
 * @throws UsageError where it does not say what is booted, or with which firmware
 */
export function predictRequest(flags: PredictFlags, machine?: Machine): PredictRequest {
  const boot = bootOf(flags) ?? machine?.boot;
  if (boot === undefined)
    throw new UsageError('predict needs --disk, --uki, --kernel or --machine');
  if (flags.firmware !== undefined) return { firmware: flags.firmware, vars: flags.vars, boot };
  if (machine === undefined) throw new UsageError('predict needs --firmware or --machine');
  const { firmware } = machine;
  return firmware.kind === 'bios'
    ? { firmware: firmware.image, vars: flags.vars, boot }
    : { firmware: firmware.code, vars: flags.vars ?? firmware.vars, boot };
}

/** The files of a request, each once. */
export function filesOf({ firmware, vars, boot }: PredictRequest): readonly string[] {
  const booted =
    boot.kind === 'disk'
      ? [boot.path]
      : boot.kind === 'uki'
        ? [boot.uki]
        : [boot.kernel, boot.initrd];
  const files = [firmware, vars, ...booted].filter((path) => path !== undefined);
  return [...new Set(files)];
}

/**
 * The action behind `cvm predict`.
 *
 * @param request what is to be forecast
 * @param open opens a file of the request
 * @param options banks and phases
 * @throws FormatError where a file is damaged, or not of a kind that is read
 * @throws UnbootableError where the firmware would boot nothing
 */
export function predictReport(
  { firmware, vars, boot }: PredictRequest,
  open: (path: string) => ByteSource,
  options: PredictOptions,
): Prediction {
  const store = vars === undefined ? undefined : open(vars);
  return predictBoot(readFirmware(open(firmware), store), imageOf(boot, open), options);
}

function imageOf(boot: PredictRequest['boot'], open: (path: string) => ByteSource): BootImage {
  return boot.kind === 'uki' ? asDefaultBootFile(open(boot.uki)) : findBootImage(boot, open);
}

function bootOf(flags: PredictFlags): PredictRequest['boot'] | undefined {
  const { disk, uki, kernel, initrd, cmdline } = flags;
  const given = [disk, uki, kernel].filter((path) => path !== undefined);
  if (given.length > 1) throw new UsageError('--disk, --uki and --kernel exclude each other');
  if (kernel === undefined && (initrd ?? cmdline) !== undefined) {
    throw new UsageError('--initrd and --cmdline go with --kernel');
  }
  if (disk !== undefined) return { kind: 'disk', path: disk, format: 'raw' };
  if (uki !== undefined) return { kind: 'uki', uki };
  if (kernel === undefined) return undefined;
  return { kind: 'kernel', kernel, initrd, cmdline };
}

/**
 * A prediction for people: events in order, what was learned, what is not known and why, and the PCR
 * values.
 *
 * @returns lines, each ended by a line feed
 */
export function renderPrediction(prediction: Prediction): string {
  const { banks, events, learned, unpredictable } = prediction;
  return [
    ...events.map(
      ({ pcr, type, agent, basis, description }) =>
        `PCR ${String(pcr).padEnd(2)}  ${agent.padEnd(14)}  ${basis.padEnd(8)}  ${type}  ${description}`,
    ),
    '',
    ...learned.map(({ pcr, what }) => `PCR ${pcr} was learned, not computed: ${what}`),
    ...unpredictable.map(({ pcr, reason }) => `PCR ${pcr} cannot be known: ${reason}`),
    ...Object.entries(banks).flatMap(([bank, values]) => [
      '',
      `${bank}:`,
      ...Object.entries(values).map(([pcr, value]) => `  ${pcr.padEnd(2)}: ${value}`),
    ]),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
