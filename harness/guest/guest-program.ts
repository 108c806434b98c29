import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const COMPILE_MS = 30_000;

/** Programs that run in guests: C sources beside this file, which need no library. */
export type GuestProgramName = 'read-blocks';

/**
 * Compiles a program for guests, unless the cache has it.
 *
 * @param tools those of the toolbox, which has the compiler
 * @param cache absolute path of the workspace's cache
 * @returns absolute path of a static executable for x86-64
 * @throws InfraError where the compiler fails; EnvironmentError where there is no toolbox
 */
export async function guestProgram(
  name: GuestProgramName,
  tools: Tools,
  cache: string,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<string> {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const key = createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
  const directory = join(cache, 'guest', `${name}-${key.slice(0, 16)}`);
  const program = join(directory, name);
  if (existsSync(program)) return program;
  await makeDirectoryAside(directory, context.reaper, async (aside) => {
    const args = ['-Wall', '-Werror', '-nostdlib', '-static', '-o', join(aside, name), source];
    const command = toolCommand(tools, 'tcc', args, { readable: [source], directory: aside });
    await runTool(command, { ...context, deadlineMs: COMPILE_MS });
  });
  return program;
}
