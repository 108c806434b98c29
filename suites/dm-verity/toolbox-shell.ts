import { runTool, type ToolRun } from '../../harness/host/run-tool.ts';
import { type Tools, toolCommand } from '../../harness/host/tools.ts';

/** What changes of disks are made with. */
export type ChangeContext = Omit<ToolRun, 'deadlineMs'> & { readonly tools: Tools };

/** A script for the shell of the toolbox; it ends at the first command that fails. */
export type ToolboxScript = {
  readonly script: string;
  /** `$1` and those behind it. */
  readonly words: readonly (string | number)[];
  /** Absolute path of the directory that it runs and writes in. */
  readonly directory: string;
  /** Absolute paths of what it reads besides. */
  readonly readable?: readonly string[];
};

const SCRIPT_MS = 300_000;

/**
 * Runs a script of fixed text in the toolbox.
 *
 * @returns its standard output
 * @throws InfraError where it fails
 */
export function toolboxShell(
  { script, words, directory, readable = [] }: ToolboxScript,
  { tools, ...run }: ChangeContext,
): Promise<string> {
  const args = ['-ec', script, 'sh', ...words.map(String)];
  const command = toolCommand(tools, 'sh', args, { directory, readable });
  return runTool(command, { ...run, deadlineMs: SCRIPT_MS });
}
