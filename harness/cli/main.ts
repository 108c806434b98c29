import { Command, CommanderError } from 'commander';
import { addCommands } from './commands.ts';
import { EXIT, endOf, usageLine } from './exit-code.ts';
import { tellLostOutput } from './lost-output.ts';
import { VERSION } from './version.ts';

const program = new Command('cvm')
  .description(
    'Boots confidential-VM images and holds their measurements against expectations computed offline.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) });

tellLostOutput('cvm');

try {
  await addCommands(program, process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.conforms : EXIT.badInput;
  } else {
    fail(error);
  }
}

function fail(error: unknown): void {
  const { exitCode, line } = endOf(error);
  process.stderr.write(`cvm: ${line}\n`);
  process.exitCode = exitCode;
}
