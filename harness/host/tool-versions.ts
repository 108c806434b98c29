import { EnvironmentError, InfraError } from './errors.ts';
import { runTool, type ToolRun } from './run-tool.ts';
import { type Tools, toolCommand } from './tools.ts';

/** Tools whose versions stand in every result. */
const TOOLS = ['qemu-system-x86_64', 'swtpm', 'mkosi', 'ukify'] as const;

const VERSION_MS = 20_000;

/**
 * Versions of the tools that make a boot, as each tells it.
 *
 * @returns the first line of `--version` by the tool's name; `not there` where it is not
 */
export async function toolVersions(
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<Readonly<Record<string, string>>> {
  const versions = await Promise.all(
    TOOLS.map(async (tool) => [tool, await versionOf(tool, tools, context)] as const),
  );
  return Object.fromEntries(versions);
}

async function versionOf(tool: string, tools: Tools, context: Omit<ToolRun, 'deadlineMs'>) {
  try {
    const run = { ...context, deadlineMs: VERSION_MS };
    const text = await runTool(toolCommand(tools, tool, ['--version']), run);
    return text.trim().split('\n')[0] ?? '';
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof InfraError) return 'not there';
    throw error;
  }
}
