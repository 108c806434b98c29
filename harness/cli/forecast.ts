import { type Command, Option } from 'commander';
import { readJsonSource } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type OpenSource, openSource } from '../host/file-source.ts';
import type { Machine } from '../machine/machine.ts';
import type { Bank } from '../measure/bank.ts';
import { FILES_ALONE, type Platform } from '../predict/platform.ts';
import type { Prediction } from '../predict/prediction.ts';
import { parseBanks } from './bank-option.ts';
import { withMachineOptions } from './machine-options.ts';
import type { PlatformFlags } from './machine-platform.ts';
import {
  filesOf,
  PREDICT_DEFAULTS,
  type PredictFlags,
  type PredictRequest,
  predictReport,
  predictRequest,
} from './predict.ts';
import { tellHashing } from './tell-hashing.ts';

/** Options of every command that forecasts a boot. */
export type ForecastFlags = PredictFlags &
  PlatformFlags & {
    readonly machine?: string;
    readonly platform?: string;
    readonly banks: readonly Bank[];
    readonly phase: string;
  };

/** What is to be forecast, with its files open. */
export type OpenBoot = {
  /** Absent where no machine description was given. */
  readonly machine: Machine | undefined;
  readonly request: PredictRequest;
  /** By the paths of the request. */
  readonly files: ReadonlyMap<string, ByteSource>;
};

/** Adds the options that say what boot is to be forecast. */
export function withForecastOptions(command: Command): Command {
  return withMachineOptions(
    command
      .addOption(new Option('--disk <img>', 'a raw disk image').conflicts(['uki', 'kernel']))
      .addOption(
        new Option('--uki <file>', 'a UKI, on a disk that is not known').conflicts('kernel'),
      )
      .option('--kernel <file>', 'a kernel or UKI that the firmware is given directly')
      .option('--initrd <file>', 'its initrd')
      .option('--cmdline <text>', 'its command line')
      .option('--firmware <fd>', 'OVMF_CODE*.fd or a whole firmware image')
      .option('--vars <fd>', 'variable store')
      .option(
        '--machine <file>',
        "machine description (JSON), instead of these flags: PCRs 0 and 1 follow from it and this host's QEMU",
      )
      .option('--platform <file>', "a dossier's platform.json.gz, instead of asking QEMU")
      .option('--no-learn', 'never run the firmware alone for what cannot be computed')
      .option('--banks <list>', 'PCR banks, e.g. sha256,sha384', parseBanks, PREDICT_DEFAULTS.banks)
      .option('--phase <path>', 'phases that systemd has measured', PREDICT_DEFAULTS.phases),
  );
}

/**
 * Opens the files of the boot that a command line asks for.
 *
 * @param flags what stands on the command line
 * @param opened closes the files
 * @throws UsageError where the flags do not say what is booted, or a file is not there; FormatError
 *   where the machine description is none
 */
export async function openBoot(flags: ForecastFlags, opened: DisposableStack): Promise<OpenBoot> {
  const machine = flags.machine === undefined ? undefined : await readMachine(flags.machine);
  const request = predictRequest(flags, machine);
  return { machine, request, files: await openAll(filesOf(request), opened) };
}

/**
 * Forecasts a boot.
 *
 * @param boot what is booted, with its files open
 * @param flags what stands on the command line
 * @throws FormatError where a file is damaged; UnbootableError where the firmware would boot nothing
 */
export async function forecast(
  { machine, request, files }: OpenBoot,
  flags: ForecastFlags,
): Promise<Prediction> {
  const platform = await platformFor(machine, flags);
  if (request.boot.kind !== 'disk') tellHashing([...files.values()]);
  const options = { banks: flags.banks, phases: flags.phase, platform };
  return predictReport(request, (path) => fileOf(files, path), options);
}

/** One of the files of a boot. */
export function fileOf(files: ReadonlyMap<string, ByteSource>, path: string): ByteSource {
  const source = files.get(path);
  if (source === undefined) throw new TypeError(`${path} is not among the files of the request`);
  return source;
}

/** Without a machine description nothing is known of memory, vCPUs and devices. */
async function platformFor(machine: Machine | undefined, flags: ForecastFlags): Promise<Platform> {
  if (flags.platform !== undefined) {
    const { readPlatform } = await import('../predict/platform-file.ts');
    using source = await openSource(flags.platform);
    return readPlatform(source);
  }
  if (machine === undefined) return FILES_ALONE;
  const { hasToolbox, machinePlatform } = await import('./machine-platform.ts');
  if (flags.tools === 'host' || hasToolbox()) return await machinePlatform(machine, flags);
  process.stderr.write('PCRs 0 and 1 need QEMU: scripts/setup gets it\n');
  return FILES_ALONE;
}

/** A machine description is a few kilobytes. */
const LARGEST_MACHINE = 4 << 20;

/** What checks its shape is loaded for it alone, as that takes longer than many a forecast. */
async function readMachine(path: string): Promise<Machine> {
  const { Machine } = await import('../machine/machine.ts');
  using source = await openSource(path);
  return readJsonSource(source, 'a machine description', LARGEST_MACHINE, Machine);
}

async function openAll(
  paths: readonly string[],
  opened: DisposableStack,
): Promise<ReadonlyMap<string, ByteSource>> {
  const sources = new Map<string, OpenSource>();
  for (const path of paths) sources.set(path, opened.use(await openSource(path)));
  return sources;
}
