import { Command, InvalidArgumentError, Option } from 'commander';

/** What is fuzzed, and how long. */
export type FuzzOptions = {
  readonly readers: readonly string[];
  readonly seed: number;
  readonly runs: number;
  readonly seconds: number;
  /** A saved input to be given again. */
  readonly input: string | undefined;
  readonly list: boolean;
};

const ALL = 'all';
const USUAL_SECONDS = 60;
const SEEDS = 2 ** 31;

const EXAMPLES = `
Each changed input must give a value or a FormatError within 1 s and 100 MiB. What does not is
written to results/fuzz/ with the command that shows it again.

Examples:
  npm run fuzz -- --reader gpt --seconds 60
  npm run fuzz -- --reader event-log --runs 1000000 --seed 7
  npm run fuzz -- --reader gpt --input results/fuzz/gpt-0123456789ab.bin

Exit codes: 0 nothing found, 1 something found, 2 bad usage, 130 interrupted.`;

/**
 * Reads the command line.
 *
 * @param known names of all readers
 * @throws CommanderError for help and for bad usage, after it was printed
 */
export function readOptions(known: readonly string[], args: readonly string[]): FuzzOptions {
  const command = new Command('fuzz')
    .description('Gives readers of file formats inputs that are broken, changed at random.')
    .addOption(
      new Option('--reader <name>', `a reader, may be repeated: ${ALL} or one of --list`)
        .argParser((name, before: readonly string[] | undefined) => [
          ...(before ?? []),
          ...readersNamed(known, name),
        ])
        .makeOptionMandatory(false),
    )
    .option(
      '--seconds <n>',
      `end each reader after so long (${USUAL_SECONDS} without --runs)`,
      positive,
    )
    .option('--runs <n>', 'end each reader after so many inputs', positive)
    .option('--seed <n>', 'start of the random numbers; one seed gives the same inputs', natural)
    .option('--input <file>', 'give this input alone, to see a finding again')
    .option('--list', 'list the readers')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' });
  const given = command.opts<Partial<Omit<FuzzOptions, 'readers'>> & { reader?: string[] }>();
  const { runs, input } = given;
  if (input !== undefined && given.reader?.length !== 1) {
    command.error('error: --input needs one --reader', { exitCode: 2 });
  }
  return {
    readers: [...new Set(given.reader ?? known)],
    seed: given.seed ?? Math.floor(Math.random() * SEEDS),
    runs: runs ?? Number.POSITIVE_INFINITY,
    seconds: given.seconds ?? (runs === undefined ? USUAL_SECONDS : Number.POSITIVE_INFINITY),
    input,
    list: given.list ?? false,
  };
}

function readersNamed(known: readonly string[], name: string): readonly string[] {
  if (name === ALL) return known;
  if (known.includes(name)) return [name];
  throw new InvalidArgumentError(`The readers are: ${[ALL, ...known].join(', ')}.`);
}

function positive(text: string): number {
  const value = natural(text);
  if (value === 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

function natural(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}
