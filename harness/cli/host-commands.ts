import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collect } from './collect-option.ts';
import type { ConformanceFlags, MachineFlags } from './machine-flags.ts';
import { withMachineOptions } from './machine-options.ts';
import { parseJobs, parseShard } from './part-of-run.ts';

// Of the commands that work on this machine, what they need is loaded when they are called.

/** Adds `cvm doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what this host can do, what would be skipped and why, and how to get it')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      process.exitCode = await doctor({ json });
    });
}

/** Adds `cvm image`. */
export function addImage(program: Command): void {
  const image = program.command('image').description('the reference images');
  image
    .command('build')
    .description('builds reference images; what is built from the same inputs stays')
    .argument('[name...]', 'names of images; all of them where none is given')
    .action(async (names: readonly string[]) => {
      const { buildImages } = await import('./image.ts');
      await buildImages(names);
    });
  image
    .command('list')
    .description('the reference images, and which of them are built')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { listImages } = await import('./image.ts');
      await listImages({ json });
    });
}

type BootFlags = MachineFlags & {
  readonly disk?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cmdline?: string;
};

/** Adds `cvm boot`. */
export function addBoot(program: Command): void {
  withMachineOptions(
    program
      .command('boot')
      .description('boots an image and prints the SSH line; Ctrl-C ends it and leaves nothing')
      .argument('[name]', 'a reference image')
      .addOption(new Option('--disk <img>', 'a raw disk image').conflicts('kernel'))
      .option('--kernel <file>', 'a kernel or UKI, given to the firmware directly')
      .option('--initrd <file>', 'its initrd')
      .option('--cmdline <text>', 'its command line'),
  ).action(async (name: string | undefined, flags: BootFlags) => {
    const { boot } = await import('./boot.ts');
    await boot({ name, ...flags });
  });
}

/** Adds `cvm conformance`. */
export function addConformance(program: Command): void {
  withMachineOptions(
    program
      .command('conformance')
      .description('runs the suites, or judges an image of your own, and writes results/<run>/')
      .option(
        '--image <img>',
        'a disk (raw, qcow2), UKI or kernel of your own, or a reference image',
      )
      .option('--initrd <file>', 'with a kernel as --image: its initrd')
      .option('--cmdline <text>', 'with a kernel as --image: its command line')
      .option(
        '--config <file>',
        'what cannot be seen of the image, instead of cvm.config.{ts,yaml}',
      )
      .option('--suite <name>', 'only this suite; may be repeated', collect)
      .option('--requirement <id>', 'only this requirement; may be repeated', collect)
      .addOption(
        new Option('--profile <name>', 'what the host is to offer')
          .choices(['emulated', 'kvm', 'sev-snp'])
          .default('emulated'),
      )
      .option('--quick', 'a selection that takes a minute and a half, without a claim')
      .option('--jobs <n>', 'VMs at once, at most, as far as cores and memory reach', parseJobs)
      .option('--shard <i/n>', 'the i-th of n parts; cvm results merge joins them', parseShard)
      .option('--seed <number>', 'what random choices are made from', parseSeed, 1)
      .option('--flips <number>', 'bits flipped beneath a running guest', parseFlips, 2000)
      .option(
        '--baseline <file>',
        'an earlier result.json; what regressed since ends with exit code 1',
      )
      .option('--results <dir>', 'where the run is written, instead of results/')
      .option('--json', 'print one JSON document: the result'),
  ).action(async (flags: ConformanceFlags) => {
    if (await isForOwnImage(flags)) {
      const { judgeImage } = await import('./own-image-run.ts');
      process.exitCode = await judgeImage(flags);
      return;
    }
    const { conformance } = await import('./conformance.ts');
    process.exitCode = await conformance(flags);
  });
}

function parseFlips(text: string): number {
  const flips = Number(text);
  if (Number.isSafeInteger(flips) && flips >= 1) return flips;
  throw new InvalidArgumentError('expected a whole number from 1 on, decimal or 0x-hex');
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0 && text.trim() !== '') return seed;
  throw new InvalidArgumentError('expected a whole number, decimal or 0x-hex');
}

/** A configuration that lies where the command is run is of an image. */
async function isForOwnImage({ image, config }: ConformanceFlags): Promise<boolean> {
  if (image !== undefined || config !== undefined) return true;
  const { CONFIG_FILES } = await import('./config-file.ts');
  return CONFIG_FILES.some((name) => existsSync(name));
}
