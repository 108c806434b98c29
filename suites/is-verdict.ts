import { firstError } from '../harness/host/errors.ts';

/**
 * Errors that say something of the image; any other is the harness's or the host's, such as a tool or a
 * clean-up that a busy host keeps waiting.
 */
const VERDICTS = new Set(['BootFailure', 'BootStageTimeout', 'FormatError', 'UnbootableError']);

/** Whether an error that ended a boot, or its judgement, is the image's doing. */
export function isVerdict(error: unknown): boolean {
  const cause = firstError(error);
  return cause instanceof Error && VERDICTS.has(cause.name);
}
