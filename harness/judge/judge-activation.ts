import { toHex } from '../bytes/hex.ts';
import { withTwin } from './judge-attestation.ts';
import type { Judgement } from './judgement.ts';

/** What a guest's TPM made of something that it was asked to do. */
export type TpmAnswer = {
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
};

/** A request that the TPM has to refuse. */
export type RefusedRequest = {
  /** Begins a sentence. */
  readonly what: string;
  readonly answer: TpmAnswer;
  /** What the TPM says when it refuses for the right reason. */
  readonly says: RegExp;
};

/**
 * Judges whether a TPM gives away the value of a credential that is for it and for this object, and of no
 * other.
 *
 * @param value what the genuine credential holds
 * @param file keeps what the TPM answered
 */
export function judgeActivation(
  value: Uint8Array,
  genuine: TpmAnswer,
  refused: readonly RefusedRequest[],
  file: string,
): readonly Judgement[] {
  const isSame = genuine.exitCode === 0 && toHex(genuine.stdout) === toHex(value);
  const twin: Judgement = {
    state: isSame ? 'pass' : 'fail',
    sentence: `the TPM ${isSame ? 'gives away' : 'does not give away'} the credential for its EK and this AK`,
    expected: `the ${value.length} bytes that the credential holds`,
    observed: isSame ? 'those bytes' : genuine.exitCode === 0 ? 'other bytes' : lastLine(genuine),
    witness: 'guest command',
    file,
  };
  return [twin, ...judgeRefusals(twin, refused, file)];
}

/**
 * Judges what a TPM has to refuse.
 *
 * @param twin a request that it has to serve
 */
export function judgeRefusals(
  twin: Judgement,
  refused: readonly RefusedRequest[],
  file: string,
): readonly Judgement[] {
  return refused.map(({ what, answer, says }) => {
    const isRefused =
      answer.exitCode !== 0 && answer.stdout.length === 0 && says.test(answer.stderr);
    return withTwin(twin, {
      state: isRefused ? 'pass' : 'fail',
      sentence: `${what}: ${isRefused ? 'refused by the TPM' : 'not refused, or for another reason'}`,
      expected: `the TPM refuses: ${says.source}`,
      observed: answer.exitCode === 0 ? 'served' : lastLine(answer),
      witness: 'guest command',
      file,
    });
  });
}

/** The line in which tpm2-tools say what the TPM answered. */
function lastLine({ exitCode, stderr }: TpmAnswer): string {
  const lines = stderr.split('\n').filter((line) => line.includes('tpm:'));
  return lines.at(-1)?.trim() ?? `exit code ${exitCode}`;
}
