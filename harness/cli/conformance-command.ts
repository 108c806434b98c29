import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collect } from './collect-option.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { withMachineOptions } from './machine-options.ts';
import { parseJobs, parseShard } from './part-of-run.ts';

/** Generations of OVMF that images are booted with. */
const OVMF = ['2025.02', '2026.08'];

const AGAINST = `
With --against, or --against-firmware alone, two runs are made and kept, A and B, and what differs is told:
what they were made from, requirements, PCR events, timings. Exit code 1 where B does not conform, or
does not hold what A holds; 0 else, whatever becomes of A. With --json: {"a": result, "b": result, "diff": …}.`;

/** Adds `cvm conformance`. */
export function addConformance(program: Command): void {
  const command = program
    .command('conformance')
    .description('runs the suites, or judges an image of your own, and writes results/<run>/');
  withMachineOptions(withSelection(withImage(command)))
    .option(
      '--baseline <file>',
      'an earlier result.json; what regressed since ends with exit code 1',
    )
    .option('--results <dir>', 'where the run is written, instead of results/')
    .option('--json', 'print one JSON document: the result')
    .addHelpText('after', AGAINST)
    .action(async (flags: ConformanceFlags) => {
      process.exitCode = await (await runOf(flags))(flags);
    });
}

/** An image of the user's own, and what it is held against. */
function withImage(command: Command): Command {
  return command
    .option('--image <img>', 'a disk (raw, qcow2), UKI or kernel of your own, or a reference image')
    .option('--initrd <file>', 'with a kernel as --image: its initrd')
    .option('--cmdline <text>', 'with a kernel as --image: its command line')
    .option('--config <file>', 'what cannot be seen of the image, instead of cvm.config.{ts,yaml}')
    .addOption(
      new Option('--firmware <build>', 'with --image: the generation of OVMF').choices(OVMF),
    )
    .option('--against <img>', 'with --image: a second image; tells what differs from the first')
    .option('--against-config <file>', 'what --config is for the first, for the second image')
    .addOption(
      new Option('--against-firmware <build>', 'OVMF of the second run, with either image').choices(
        OVMF,
      ),
    );
}

/** Which part of the suites. */
function withSelection(command: Command): Command {
  return command
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
    .option('--flips <number>', 'bits flipped beneath a running guest', parseFlips, 2000);
}

/** What is called for. Of the commands that work on this machine, what they need is loaded then. */
async function runOf(
  flags: ConformanceFlags,
): Promise<(flags: ConformanceFlags) => Promise<number>> {
  if (!(await isForOwnImage(flags))) return (await import('./conformance.ts')).conformance;
  const { isPair, judgePair } = await import('./own-image-pair.ts');
  return isPair(flags) ? judgePair : (await import('./own-image-run.ts')).judgeImage;
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
async function isForOwnImage(flags: ConformanceFlags): Promise<boolean> {
  const { image, config, firmware, against, againstConfig, againstFirmware } = flags;
  const ofImage = [image, config, firmware, against, againstConfig, againstFirmware];
  if (ofImage.some((flag) => flag !== undefined)) return true;
  const { CONFIG_FILES } = await import('./config-file.ts');
  return CONFIG_FILES.some((name) => existsSync(name));
}
