import { FormatError, printable } from '../bytes/format-error.ts';
import { EnvironmentError, firstError, UsageError } from '../host/errors.ts';
import { INTERRUPTED_EXIT_CODE, Interrupted } from '../host/interrupt.ts';
import { UnbootableError } from '../predict/unbootable-error.ts';
import { BootFailure } from '../vm/boot-failure.ts';

/** What the exit codes of `cvm` mean. */
export const EXIT = {
  conforms: 0,
  doesNotConform: 1,
  badInput: 2,
  hostCannot: 3,
  harnessFailed: 4,
  interrupted: INTERRUPTED_EXIT_CODE,
} as const;

/**
 * What commander has to say of the command line, as the one line that users see.
 *
 * @param text commander's message; what the user typed stands in it as it is
 */
export function usageLine(text: string): string {
  return printable(
    text
      .trim()
      .replace(/^error: /, 'cvm: ')
      .replace(/\s*\n\s*/g, ' '),
  );
}

/** What the kernel says where space, a disk that can be written, or open files are wanting. */
const LACKS: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE']);

function isLackOfHost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LACKS.has(error.code);
}

/**
 * How a command ends that threw.
 *
 * @returns the exit code, and the one line that says why
 */
export function endOf(error: unknown): { readonly exitCode: number; readonly line: string } {
  const cause = firstError(error);
  const line = printable(cause instanceof Error ? cause.message : String(cause));
  if (cause instanceof Interrupted) return { exitCode: EXIT.interrupted, line };
  if (cause instanceof FormatError || cause instanceof UsageError) {
    return { exitCode: EXIT.badInput, line };
  }
  if (cause instanceof UnbootableError) return { exitCode: EXIT.badInput, line };
  if (cause instanceof BootFailure) return { exitCode: EXIT.doesNotConform, line };
  if (cause instanceof EnvironmentError || isLackOfHost(cause)) {
    return { exitCode: EXIT.hostCannot, line };
  }
  return { exitCode: EXIT.harnessFailed, line };
}
