import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { bubblewrapError } from './bubblewrap-error.ts';
import { cameInTime } from './deadline.ts';
import { EnvironmentError, InfraError } from './errors.ts';
import { LineSplitter } from './line-splitter.ts';
import { LineTail } from './line-tail.ts';
import { groupEnds, groupLedBy, type ProcessGroup, signalGroup } from './process-group.ts';
import type { Reaper } from './reaper.ts';
import type { Command } from './tools.ts';

/** How many lines of output an error can show. */
const TAIL_LINES = 100;
const LINE_BYTES = 4096;

/** How long a group may take to end at SIGTERM, and at SIGKILL. */
const TERMINATE_MS = 2_000;
const KILL_MS = 5_000;

/** Descendants may hold the output open; the end of the program itself is not to wait for them. */
const OUTPUT_MS = 500;

/** How a process ended. */
export type ChildExit = {
  /** `null` where it died by a signal. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** Who else gets what a process writes. */
export type OutputListener = (chunk: Uint8Array) => void;

/**
 * A running process that leads a process group of its own. Its end is a value, never an exception;
 * disposing of it ends the whole group.
 */
export class Child implements AsyncDisposable {
  readonly command: Command;
  readonly pid: number;
  /** Resolves when the process has ended, with all its output read; never rejects. */
  readonly exit: Promise<ChildExit>;
  readonly #group: ProcessGroup;
  readonly #tail: LineTail;
  #guard: AsyncDisposable | undefined;
  #end: Promise<void> | undefined;

  private constructor(command: Command, subprocess: Subprocess, group: ProcessGroup) {
    this.command = command;
    this.pid = group.pid;
    this.exit = exitOf(subprocess, command);
    this.#group = group;
    this.#tail = tailOf([subprocess.stdout, subprocess.stderr]);
  }

  /**
   * Starts a process and registers its group with the reaper.
   *
   * @param onOutput gets the standard output as it comes
   * @param onError gets the standard error as it comes
   * @throws EnvironmentError where there is no such program
   */
  static async start(
    command: Command,
    reaper: Reaper,
    onOutput: OutputListener = () => undefined,
    onError: OutputListener = () => undefined,
  ): Promise<Child> {
    const subprocess = spawn(command, reaper);
    if (subprocess.pid === undefined) throw await notStarted(command, subprocess);
    const child = new Child(command, subprocess, groupLedBy(subprocess.pid));
    subprocess.stdout.on('data', onOutput);
    subprocess.stderr.on('data', onError);
    await child.#register(reaper);
    return child;
  }

  /** The last lines of its standard output and error. */
  get lastLines(): readonly string[] {
    return this.#tail.lines;
  }

  /** The error that says that this process ended as it should not have. */
  failure(exit: ChildExit): InfraError | EnvironmentError {
    const { exitCode, signal } = exit;
    const lack = bubblewrapError(this.command.tool, this.lastLines.at(-1) ?? '');
    if (lack !== undefined) return lack;
    return new InfraError({
      tool: this.command.tool,
      problem: signal === null ? `exited with code ${exitCode}` : `was killed by ${signal}`,
      argv: this.command.argv,
      exitCode,
      signal,
      lastLines: this.lastLines,
    });
  }

  /**
   * Ends every process of the group, by SIGTERM and then by SIGKILL, and makes sure that none is
   * left. May be called at any time and more than once.
   *
   * @throws InfraError where a process survives even SIGKILL
   */
  end(): Promise<void> {
    this.#end ??= this.#endGroup();
    return this.#end;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #register(reaper: Reaper): Promise<void> {
    try {
      this.#guard = await reaper.watch({ kind: 'group', ...this.#group });
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async #endGroup(): Promise<void> {
    if (!(await this.#endBy('SIGTERM', TERMINATE_MS)) && !(await this.#endBy('SIGKILL', KILL_MS))) {
      const { tool, argv } = this.command;
      throw new InfraError({ tool, problem: 'survived SIGKILL', argv, lastLines: this.lastLines });
    }
    await this.exit;
    await this.#guard?.[Symbol.asyncDispose]();
  }

  async #endBy(signal: NodeJS.Signals, deadlineMs: number): Promise<boolean> {
    return !signalGroup(this.#group, signal) || groupEnds(this.#group, deadlineMs);
  }
}

type Subprocess = ReturnType<typeof spawn>;

function spawn(command: Command, reaper: Reaper) {
  const [file, ...args] = command.argv;
  return execa(file, args, {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...command.environment, ...reaper.environment },
    ...(command.directory === undefined ? {} : { cwd: command.directory }),
  });
}

async function notStarted(command: Command, subprocess: Subprocess): Promise<Error> {
  const result = await subprocess;
  const [program] = command.argv;
  if (!('code' in result) || result.code !== 'ENOENT') {
    return new InfraError({
      tool: program,
      problem: `did not start: ${result.originalMessage ?? 'no reason given'}`,
      argv: command.argv,
    });
  }
  return program === command.tool
    ? new EnvironmentError({
        missing: `${program} is not on this host's PATH`,
        remedy: 'install it, or use --tools toolbox',
      })
    : new EnvironmentError({
        missing: `${program}, which enters the toolbox, is not installed`,
        remedy: 'apt install bubblewrap, or use --tools host',
      });
}

function tailOf(outputs: readonly Readable[]): LineTail {
  const tail = new LineTail(TAIL_LINES);
  for (const output of outputs) {
    const lines = new LineSplitter(LINE_BYTES);
    output.on('data', (chunk: Uint8Array) => {
      for (const line of lines.push(chunk)) tail.push(line.text);
    });
    output.on('end', () => {
      for (const line of lines.end()) tail.push(line.text);
    });
  }
  return tail;
}

async function exitOf(subprocess: Subprocess, command: Command): Promise<ChildExit> {
  const closed = once(subprocess.nodeChildProcess, 'close');
  const exit = await new Promise<ChildExit>((resolve) => {
    subprocess.nodeChildProcess.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  await cameInTime({ name: 'end of output', deadlineMs: OUTPUT_MS }, () => closed);
  return command.signalAsExitCode ? unwrapped(exit) : exit;
}

/** Bubblewrap, like a shell, says 128 + N for a program that signal N ended. */
function unwrapped(exit: ChildExit): ChildExit {
  const ended = Object.entries(constants.signals).find(([, n]) => n + 128 === exit.exitCode);
  return ended === undefined ? exit : { exitCode: null, signal: ended[0] as NodeJS.Signals };
}
