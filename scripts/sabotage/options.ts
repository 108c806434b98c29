import { Command, InvalidArgumentError } from 'commander';
import { CATALOGUE } from '../../suites/sabotage/catalogue.ts';

/** What is sabotaged, and with what. */
export type SabotageOptions = {
  /** Ids; all of them where none is named. */
  readonly requirement?: readonly string[];
  /** Folder of a run whose dossiers are used instead of boots of its own. */
  readonly run?: string;
  readonly list: boolean;
};

const EXAMPLES = `
For each entry of the catalogue the requirement's own judge is shown a sound system, which must pass, and
one that is wrong, which must fail with the words that the entry says. Boots that are needed are made
first; --run takes those of an earlier run.

Examples:
  npm run sabotage -- --list
  npm run sabotage -- --requirement CVM-MB-004 --run results/latest

Exit codes: 0 every sabotage is caught, and there is one for every requirement; 1 not so; 2 bad usage;
3 this host cannot do it; 4 a tool failed; 130 interrupted.`;

/**
 * Reads the command line.
 *
 * @throws CommanderError for help and for bad usage, after it was printed
 */
export function readOptions(args: readonly string[]): SabotageOptions {
  const command = new Command('sabotage')
    .description('Shows every requirement systems that are wrong, and wants it to fail.')
    .option('--requirement <id>', 'only this requirement; may be repeated', withSabotage)
    .option('--run <dir>', 'a run whose dossiers are used, as far as it has them')
    .option('--list', 'list the catalogue', false)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' });
  return command.opts<SabotageOptions>();
}

function withSabotage(id: string, before: readonly string[] = []): readonly string[] {
  if (CATALOGUE.some(({ requirement }) => requirement === id)) return [...before, id];
  const ids = [...new Set(CATALOGUE.map(({ requirement }) => requirement))];
  throw new InvalidArgumentError(`There are sabotages of: ${ids.join(', ')}.`);
}
