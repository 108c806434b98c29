import { Command, CommanderError } from 'commander';
import { addCommands } from './commands.ts';
import { EXIT, endOf, usageLine } from './exit-code.ts';
import { VERSION } from './version.ts';

const program = new Command('cvm')
  .description(
    'Boots confidential-VM images and holds their measurements against expectations computed offline.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) });

// Whoever reads our output may stop early: no error of ours. A full disk is one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fail(error);
  });
}

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
