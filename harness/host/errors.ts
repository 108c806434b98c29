import { printable } from '../bytes/format-error.ts';

/** How many of the last lines a message repeats; the error carries all that were kept. */
const LINES_IN_MESSAGE = 3;

/** This host cannot do what was asked: what it lacks, and how to get it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  /** What is missing, as the first half of a sentence. */
  readonly missing: string;
  /** A command or an option that helps. */
  readonly remedy: string;

  constructor(lack: { readonly missing: string; readonly remedy: string }) {
    super(printable(`${lack.missing}; ${lack.remedy}`));
    this.missing = lack.missing;
    this.remedy = lack.remedy;
  }
}

/** The caller asked for something that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(problem: string) {
    super(printable(problem));
  }
}

/** How a tool failed. */
export type ToolFailure = {
  /** Name of the program, e.g. `swtpm_setup`. */
  readonly tool: string;
  /** What it did, as the end of a sentence: `exited with code 1`. */
  readonly problem: string;
  /** The whole command as it was run; empty where no process was involved. */
  readonly argv?: readonly string[];
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  /** The last lines it wrote. */
  readonly lastLines?: readonly string[];
};

/** QEMU, swtpm or another tool broke: never a verdict about the image. */
export class InfraError extends Error implements ToolFailure {
  override readonly name = 'InfraError';
  readonly tool: string;
  readonly problem: string;
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly lastLines: readonly string[];

  constructor(failure: ToolFailure) {
    const { tool, problem, argv = [], exitCode = null, signal = null, lastLines = [] } = failure;
    super(`${tool} ${printable(problem)}${quoted(lastLines)}`);
    this.tool = tool;
    this.problem = problem;
    this.argv = argv;
    this.exitCode = exitCode;
    this.signal = signal;
    this.lastLines = lastLines;
  }
}

/** A named wait ended without what it waited for. */
export class StageTimeout extends Error {
  override readonly name: string = 'StageTimeout';
  /** What was waited for: a boot stage, or the name of another wait. */
  readonly stage: string;
  /** How long the wait was, of a host that is free. */
  readonly seconds: number;
  /** The last lines that the console or the tool had written by then. */
  readonly lastLines: readonly string[];

  constructor(wait: {
    readonly stage: string;
    readonly seconds: number;
    readonly lastLines?: readonly string[];
  }) {
    const { stage, seconds, lastLines = [] } = wait;
    super(`${stage}: not done after ${seconds.toFixed(1)} s${quoted(lastLines)}`);
    this.stage = stage;
    this.seconds = seconds;
    this.lastLines = lastLines;
  }
}

/** What went wrong in the first place, where the clean-up after it failed as well. */
export function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error;
}

function quoted(lines: readonly string[]): string {
  const shown = lines.slice(-LINES_IN_MESSAGE).map((line) => printable(line.trim()));
  return shown.length === 0 ? '' : `; last lines: ${shown.join(' | ')}`;
}
