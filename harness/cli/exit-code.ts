import { FormatError, printable } from '../bytes/format-error.ts';
import { EnvironmentError, firstError, UsageError } from '../host/errors.ts';
import { INTERRUPTED_EXIT_CODE, Interrupted } from '../host/interrupt.ts';

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
  if (cause instanceof EnvironmentError) return { exitCode: EXIT.hostCannot, line };
  return { exitCode: EXIT.harnessFailed, line };
}
