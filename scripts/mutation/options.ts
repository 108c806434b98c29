import { Command, InvalidArgumentError } from 'commander';

/** What is mutated, and how long. */
export type MutationOptions = {
  /** Sources, relative to the project; all judges and readers where none is named. */
  readonly file?: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  readonly list: boolean;
};

const USUAL_SECONDS = 600;

const EXAMPLES = `
Sources are mutated one after the other, in an order that the seed gives, until the time is up; the one
that is then under way is finished. Survivors, and reports in JSON, are in results/mutation/.

Examples:
  npm run mutation -- --file harness/judge/judge-logs.ts
  npm run mutation -- --seconds 3600 --seed 7

Exit codes: 0 done, whatever the score; 2 bad usage; 4 the tool failed; 130 interrupted.`;

/**
 * Reads the command line.
 *
 * @param sources what can be mutated
 * @throws CommanderError for help and for bad usage, after it was printed
 */
export function readOptions(sources: readonly string[], args: readonly string[]): MutationOptions {
  const command = new Command('mutation')
    .description(
      'Changes judges and readers in small ways, and counts the changes that tests notice.',
    )
    .option('--file <path>', 'mutate this source; may be repeated', oneOf(sources))
    .option('--seconds <n>', 'begin no further source after so long', natural, USUAL_SECONDS)
    .option('--seed <n>', 'order of the sources', natural, 1)
    .option('--list', 'list the sources', false)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' });
  return command.opts<MutationOptions>();
}

function oneOf(sources: readonly string[]) {
  return (path: string, before: readonly string[] = []): readonly string[] => {
    if (sources.includes(path)) return [...before, path];
    throw new InvalidArgumentError('It is none of --list.');
  };
}

function natural(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}
