import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toolbox, WORKSPACE } from '../../harness/cli/workspace.ts';
import { EnvironmentError } from '../../harness/host/errors.ts';
import { type Command, type FileAccess, toolCommand } from '../../harness/host/tools.ts';

/** The `cvm` of this checkout, as a user starts it. */
export function cvm(...words: readonly string[]): Command {
  const program = join(WORKSPACE.root, 'scripts', 'cvm');
  return {
    tool: 'cvm',
    argv: [program, ...words],
    directory: undefined,
    // Not as npm starts it: that takes another process.
    environment: { npm_lifecycle_event: '' },
    signalAsExitCode: false,
  };
}

/**
 * A tool of the toolbox.
 *
 * @param path its absolute path there
 * @throws EnvironmentError where it is not there
 */
export function peer(path: string, words: readonly string[], access: FileAccess): Command {
  const tools = toolbox();
  if (!existsSync(join(tools.root, path))) {
    throw new EnvironmentError({
      missing: `the toolbox has no ${path}`,
      remedy: 'run scripts/setup',
    });
  }
  return toolCommand(tools, path, words, access);
}
