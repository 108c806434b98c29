import { Command, InvalidArgumentError } from 'commander';

/** How often, and by which numbers, a harness is disturbed. */
export type ChaosOptions = {
  readonly runs: number;
  readonly seed: number;
  /** Number of the one run to make again. */
  readonly only: number | undefined;
};

const USUAL_RUNS = 200;
const SEEDS = 2 ** 31;

const EXAMPLES = `
Each run starts a harness that boots firmware and keeps a snapshot and a result. It, QEMU or swtpm are killed
at a random moment, a disk is full or read-only, files or the clock are taken from it. Nothing may be left of
it then: no process, socket, mount, loop device, directory or unfinished file, and nothing damaged.

Examples:
  npm run chaos -- --runs 20
  npm run chaos -- --seed 7 --only 12

Exit codes: 0 nothing left, 1 something left, 2 bad usage, 3 no toolbox, 130 interrupted.`;

/**
 * Reads the command line.
 *
 * @throws CommanderError for help and for bad usage, after it was printed
 */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const given = new Command('chaos')
    .description('Kills and starves harnesses at random, and looks for what they leave.')
    .option('--runs <n>', `how many runs (${USUAL_RUNS})`, natural)
    .option('--seed <n>', 'start of the random numbers; one seed gives the same runs', natural)
    .option('--only <n>', 'only the run with this number', natural)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Partial<ChaosOptions>>();
  return {
    runs: given.runs ?? USUAL_RUNS,
    seed: given.seed ?? Math.floor(Math.random() * SEEDS),
    only: given.only,
  };
}

function natural(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}
