import { type Command, Option } from 'commander';
import { readJson } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type OpenSource, openSource } from '../host/file-source.ts';
import type { Machine } from '../machine/machine.ts';
import type { Bank } from '../measure/bank.ts';
import { FILES_ALONE, type Platform } from '../predict/platform.ts';
import { parseBanks } from './bank-option.ts';
import { withMachineOptions } from './machine-options.ts';
import type { PlatformFlags } from './machine-platform.ts';
import { print } from './output.ts';
import {
  filesOf,
  PREDICT_DEFAULTS,
  type PredictFlags,
  predictReport,
  predictRequest,
  renderPrediction,
} from './predict.ts';
import { tellHashing } from './tell-hashing.ts';

type Flags = PredictFlags &
  PlatformFlags & {
    readonly machine?: string;
    readonly platform?: string;
    readonly banks: readonly Bank[];
    readonly phase: string;
    readonly json?: true;
  };

/** Adds `cvm predict`. */
export function addPredict(program: Command): void {
  withMachineOptions(
    program
      .command('predict')
      .description('every event and PCR value of a boot, from the files alone')
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
      .option('--phase <path>', 'phases that systemd has measured', PREDICT_DEFAULTS.phases)
      .option('--json', 'print one JSON document'),
  ).action(async (flags: Flags) => {
    const machine = flags.machine === undefined ? undefined : await readMachine(flags.machine);
    const request = predictRequest(flags, machine);
    using files = new DisposableStack();
    const open = await openAll(filesOf(request), files);
    const platform = await platformFor(machine, flags);
    if (request.boot.kind !== 'disk') tellHashing(filesOf(request).map(open));
    const options = { banks: flags.banks, phases: flags.phase, platform };
    const prediction = predictReport(request, open, options);
    const report = machine === undefined ? prediction : { ...prediction, machine };
    print(report, flags.json === true, () => renderPrediction(prediction));
  });
}

/** Without a machine description nothing is known of memory, vCPUs and devices. */
async function platformFor(machine: Machine | undefined, flags: Flags): Promise<Platform> {
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

/** What checks its shape is loaded for it alone, as that takes longer than many a forecast. */
async function readMachine(path: string): Promise<Machine> {
  const { Machine } = await import('../machine/machine.ts');
  using source = await openSource(path);
  const place = { file: source.name, offset: 0, what: 'a machine description' };
  return readJson(place, source.read(0, source.size), Machine);
}

async function openAll(
  paths: readonly string[],
  files: DisposableStack,
): Promise<(path: string) => ByteSource> {
  const sources = new Map<string, OpenSource>();
  for (const path of paths) sources.set(path, files.use(await openSource(path)));
  return (path) => {
    const source = sources.get(path);
    if (source === undefined) throw new TypeError(`${path} is not among the files of the request`);
    return source;
  };
}
