import { Command, CommanderError } from 'commander';
import type { DigestThreads } from '../host/digest-threads.ts';
import { addCommands } from './commands.ts';
import { EXIT, endOf, usageLine } from './exit-code.ts';
import { tellLostOutput } from './lost-output.ts';
import { VERSION } from './version.ts';

/**
 * Runs `cvm`, and sets the exit code of this process.
 *
 * @param words the command line, without the name of the program
 * @param threads threads that wait for blocks to hash, where they have been started
 */
export async function runProgram(words: readonly string[], threads?: DigestThreads): Promise<void> {
  const program = new Command('cvm')
    .description(
      'Boots confidential-VM images and holds their measurements against expectations computed offline.',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) });

  tellLostOutput('cvm');

  try {
    await addCommands(program, words, threads);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.conforms : EXIT.badInput;
    } else {
      fail(error);
    }
  }
}

function fail(error: unknown): void {
  const { exitCode, line } = endOf(error);
  process.stderr.write(`cvm: ${line}\n`);
  process.exitCode = exitCode;
}
