import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { PcrValues } from '../measure/event.ts';
import { readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { algorithmName } from '../tpm/algorithm.ts';
import { type Attest, readAttest } from '../tpm/attest.ts';
import { attestTypeName } from '../tpm/attest-body.ts';
import { modulusBytes, readAttestationKey } from '../tpm/attestation-key.ts';
import type { BankSelection } from '../tpm/pcr-selection.ts';
import { type QuoteCheck, verifyQuote } from '../tpm/quote-verify.ts';
import { readSignature } from '../tpm/signature.ts';
import { checkLines } from './report-checks.ts';

/** What `cvm quote verify --json` prints. */
export type QuoteVerification = {
  readonly valid: boolean;
  readonly checks: readonly QuoteCheck[];
  readonly attest: ReturnType<typeof shown>;
};

/** Files of a quote, and what it is held against. */
export type QuoteInput = {
  readonly attest: ByteSource;
  readonly signature: ByteSource;
  readonly ak: ByteSource;
  readonly eventlog?: ByteSource | undefined;
  readonly pcrs?: PcrValues | undefined;
  readonly nonce?: Uint8Array | undefined;
  readonly select?: readonly BankSelection[] | undefined;
};

/**
 * The action behind `cvm quote verify`.
 *
 * @throws FormatError where a file is not what it should be
 */
export function quoteVerify(input: QuoteInput): QuoteVerification {
  const { eventlog, pcrs, nonce, select } = input;
  const ak = readAttestationKey(input.ak);
  const attest = readAttest(input.attest);
  const signature = readSignature(input.signature, modulusBytes(ak));
  const replayed = eventlog && replayLog(readEventLog(eventlog));
  const checks = verifyQuote({ attest, signature }, ak, { nonce, pcrs, select, replayed });
  return { valid: checks.every(({ ok }) => ok), checks, attest: shown(attest) };
}

/** What the TPM says, by the names of TPMS_ATTEST. */
function shown({ type, qualifiedSigner, extraData, clockInfo, firmwareVersion, body }: Attest) {
  const quote = body?.kind === 'quote' ? body : undefined;
  return {
    type: attestTypeName(type),
    qualifiedSigner: toHex(qualifiedSigner),
    extraData: toHex(extraData),
    clockInfo: { ...clockInfo, clock: `${clockInfo.clock}` },
    firmwareVersion: `0x${firmwareVersion.toString(16)}`,
    ...(quote && {
      pcrSelect: quote.selections.map(({ algId, pcrs }) => ({ bank: algorithmName(algId), pcrs })),
      pcrDigest: toHex(quote.pcrDigest),
    }),
  };
}

/** The verification for people: a line for each check. */
export function renderQuote({ valid, checks }: QuoteVerification): string {
  return [...checkLines(checks), valid ? 'The quote verifies.' : 'The quote does not verify.'].join(
    '\n',
  );
}
