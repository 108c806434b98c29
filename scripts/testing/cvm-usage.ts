import { Command, CommanderError } from 'commander';
import { addCommands } from '../../harness/cli/commands.ts';

/**
 * What is wrong with a command line of `cvm`; the command itself does not run.
 *
 * @param words the command line, without the name of the program
 * @returns commander's message; `undefined` where the command and all its options exist
 */
export async function usageProblem(words: readonly string[]): Promise<string | undefined> {
  const program = new Command('cvm').version('0').exitOverride();
  program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  await addCommands(program, words);
  disarm(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}

function disarm(command: Command): void {
  for (const one of command.commands) {
    one.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    if (one.commands.length === 0) one.action(() => undefined);
    disarm(one);
  }
}
