/** Runs a program of the toolbox on the files of the current directory, as root of them, and ends as it does. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { toolbox } from '../harness/cli/workspace.ts';
import { toolCommand } from '../harness/host/tools.ts';

/** Where programs such as mkosi keep what is too large for memory; the toolbox itself is read-only. */
const LARGE_FILES = '/var/tmp';

const [program, ...programArguments] = process.argv.slice(2);
if (program === undefined) {
  process.stderr.write('usage: scripts/toolbox PROGRAM [ARGUMENTS]\n');
  process.exit(2);
}
const access = { directory: process.cwd(), writable: [LARGE_FILES], network: true, asRoot: true };
const { argv } = toolCommand(toolbox(), program, programArguments, access);
const [tool, ...toolArguments] = argv;
const ended = spawnSync(tool, toolArguments, { stdio: 'inherit' });
process.exitCode = ended.status ?? 128 + constants.signals[ended.signal ?? 'SIGTERM'];
