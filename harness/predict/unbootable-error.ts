import { printable } from '../bytes/format-error.ts';

/** The machine will not boot what it is given, so there is nothing to forecast. */
export class UnbootableError extends Error {
  override readonly name = 'UnbootableError';

  /** @param sentence why the boot fails, without a full stop */
  constructor(sentence: string) {
    super(printable(sentence));
  }
}
