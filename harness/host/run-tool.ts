import { Child } from './child.ts';
import { waitFor } from './deadline.ts';
import { InfraError } from './errors.ts';
import type { Reaper } from './reaper.ts';
import type { Command } from './tools.ts';

/** More output than this is a tool gone wild. */
const OUTPUT_BYTES = 1 << 20;

/** Limits of a tool's run. */
export type ToolRun = {
  readonly reaper: Reaper;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Runs a tool to its end.
 *
 * @returns its standard output
 * @throws InfraError where it fails; StageTimeout where it takes too long; EnvironmentError where
 *   there is no such tool or toolbox; the reason of `run.signal` where that aborts
 */
export async function runTool(command: Command, run: ToolRun): Promise<string> {
  const output = new BoundedOutput();
  await using child = await Child.start(command, run.reaper, (chunk) => output.push(chunk));
  const wait = { ...run, name: command.tool, lastLines: () => child.lastLines };
  const exit = await waitFor(wait, () => child.exit);
  if (exit.exitCode !== 0) throw child.failure(exit);
  if (output.overrun) {
    const problem = `wrote more than ${OUTPUT_BYTES} bytes`;
    throw new InfraError({ tool: command.tool, problem, argv: command.argv });
  }
  return output.text;
}

class BoundedOutput {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (!this.overrun) this.#chunks.push(chunk);
  }

  get overrun(): boolean {
    return this.#bytes > OUTPUT_BYTES;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
