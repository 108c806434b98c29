/** Runs a program of the toolbox on the files of the current directory, as root of them, and ends as it does. */
import { constants } from 'node:os';
import { execa } from 'execa';
import { toolbox } from '../harness/cli/workspace.ts';
import { UsageError } from '../harness/host/errors.ts';
import { toolCommand } from '../harness/host/tools.ts';

/** Where programs such as mkosi keep what is too large for memory; the toolbox itself is read-only. */
const LARGE_FILES = '/var/tmp';

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`toolbox: ${error.message}\n`);
  process.exitCode = 2;
}

async function run([program, ...programArguments]: readonly string[]): Promise<number> {
  if (program === undefined) throw new UsageError('usage: scripts/toolbox PROGRAM [ARGUMENTS]');
  const access = { directory: process.cwd(), writable: [LARGE_FILES], network: true, asRoot: true };
  const [tool, ...toolArguments] = toolCommand(toolbox(), program, programArguments, access).argv;
  const ended = await execa(tool, toolArguments, { stdio: 'inherit', reject: false });
  if (ended.exitCode !== undefined) return ended.exitCode;
  if (ended.signal === undefined) throw ended;
  return 128 + constants.signals[ended.signal];
}
