import { Child } from '../host/child.ts';
import { poll, waitFor } from '../host/deadline.ts';
import type { Reaper } from '../host/reaper.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import { runTool } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { swtpmAnswers } from './swtpm-answer.ts';
import { withRemedy } from './tpm-remedy.ts';

const START_MS = 10_000;
const START_POLL_MS = 5;
const TOOL_MS = 60_000;

/** What a state is served with. */
export type ServedTpmContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/**
 * A TPM without a machine: swtpm over a state, started with TPM_SU_CLEAR, for tools of the host. What they
 * change stays in the state.
 */
export class ServedTpm implements AsyncDisposable {
  readonly child: Child;
  readonly #state: string;
  readonly #directory: RunDirectory;
  readonly #context: ServedTpmContext;

  private constructor(
    child: Child,
    state: string,
    directory: RunDirectory,
    context: ServedTpmContext,
  ) {
    this.child = child;
    this.#state = state;
    this.#directory = directory;
    this.#context = context;
  }

  /**
   * Serves a state; it answers when the promise resolves.
   *
   * @param state path of swtpm's state directory, below `directory`
   * @param directory holds the sockets, and the files that tools are given
   * @throws EnvironmentError where the state is read-only; InfraError where swtpm ends for another reason;
   *   StageTimeout where it takes too long
   */
  static async start(
    state: string,
    directory: RunDirectory,
    context: ServedTpmContext,
  ): Promise<ServedTpm> {
    const control = directory.socket(CONTROL);
    const command = serveCommand(state, directory, context.tools);
    const child = await Child.start(command, context.reaper);
    try {
      const died = child.exit.then((exit) => Promise.reject(child.failure(exit)));
      const wait = {
        name: 'control socket of swtpm',
        deadlineMs: START_MS,
        signal: context.signal,
      };
      await waitFor(wait, (over) =>
        Promise.race([poll(() => swtpmAnswers(control, over), START_POLL_MS, over), died]),
      );
      return new ServedTpm(child, state, directory, context);
    } catch (error) {
      await child.end();
      throw withRemedy(error, state);
    }
  }

  /** How tools of tpm2-tss find it (tcti-swtpm(7)). */
  get tcti(): string {
    return `swtpm:path=${this.#directory.socket(SERVER)}`;
  }

  /**
   * Runs a tool with this TPM, in its directory.
   *
   * @param tool name of the program
   * @param args its arguments
   * @param readable absolute paths of files that it is shown besides
   * @returns its standard output
   * @throws InfraError where it fails; with what to do about it, where that is known
   */
  async run(tool: string, args: readonly string[], readable: readonly string[] = []) {
    const { tools } = this.#context;
    // systemd's tools and tpm2-tools look for their TPM in different variables.
    const variables = [`TPM2TOOLS_TCTI=${this.tcti}`, `SYSTEMD_TPM2_DEVICE=${this.tcti}`];
    const access = { directory: this.#directory.path, readable };
    const command = toolCommand(tools, 'env', [...variables, tool, ...args], access);
    try {
      return await runTool({ ...command, tool }, { ...this.#context, deadlineMs: TOOL_MS });
    } catch (error) {
      throw withRemedy(error, this.#state);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child.end();
  }
}

const SERVER = 'tpm/server';

/** The TCTI expects the control socket beside the other, under this name. */
const CONTROL = `${SERVER}.ctrl`;

function serveCommand(state: string, directory: RunDirectory, tools: Tools) {
  const args = [
    ...['socket', '--tpm2', '--tpmstate', `dir=${state}`],
    ...['--server', `type=unixio,path=${directory.socket(SERVER)},mode=0600`],
    ...['--ctrl', `type=unixio,path=${directory.socket(CONTROL)},mode=0600`],
    ...['--flags', 'not-need-init,startup-clear'],
  ];
  return toolCommand(tools, 'swtpm', args, { directory: directory.path });
}
