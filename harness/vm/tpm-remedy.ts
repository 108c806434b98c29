import { EnvironmentError, InfraError } from '../host/errors.ts';

/** What a TPM refuses for a reason that passes (TPM 2.0 Library, Part 2, 6.6.3), and what helps. */
const REMEDIES: readonly (readonly [says: RegExp, remedy: string])[] = [
  [
    /\b0x0*921\b|DA lockout/,
    'the TPM is locked after wrong passwords: tpm2_dictionarylockout --clear-lockout unlocks it',
  ],
  [
    /\b0x0*90[35]\b|out of (?:memory for )?session/,
    'the TPM has no session left: tpm2_flushcontext --loaded-session --saved-session gives them back',
  ],
  [
    /\b0x0*902\b|out of memory for object contexts/,
    'the TPM has no room for a further object: tpm2_flushcontext --transient-object makes some',
  ],
];

/**
 * Tells, of an error that a TPM is behind, what to do about it, where that is known.
 *
 * @param state path of the state that the TPM is served from
 * @returns the error itself where nothing is known
 */
export function withRemedy(error: unknown, state: string): unknown {
  if (!(error instanceof InfraError)) return error;
  const said = error.lastLines.join('\n');
  if (/Read-only file system/.test(said)) {
    const missing = `swtpm cannot write to ${state}, on a file system that is read-only`;
    return new EnvironmentError({
      missing,
      remedy: 'set TMPDIR to a directory that can be written',
    });
  }
  const remedy = REMEDIES.find(([says]) => says.test(said))?.[1];
  if (remedy === undefined) return error;
  return new InfraError({ ...error, problem: `${error.problem} (${remedy})` });
}
