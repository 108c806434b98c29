import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { akBindingCheck } from '../judge/ak-binding.ts';
import type { PcrValues } from '../measure/event.ts';
import { readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { readUserspaceLog } from '../measure/userspace-log.ts';
import { algorithmName } from '../tpm/algorithm.ts';
import { type Attest, readAttest } from '../tpm/attest.ts';
import { attestTypeName } from '../tpm/attest-body.ts';
import { type AttestationKey, modulusBytes, readAttestationKey } from '../tpm/attestation-key.ts';
import type { BankSelection } from '../tpm/pcr-selection.ts';
import { type QuoteCheck, quoteOf, verifyQuote } from '../tpm/quote-verify.ts';
import { readSignature } from '../tpm/signature.ts';
import { checkLines } from './report-checks.ts';
import { openReport } from './report-show.ts';
import { reportVerify } from './report-verify.ts';

/** What `cvm quote verify --json` prints. */
export type QuoteVerification = {
  readonly valid: boolean;
  readonly checks: readonly QuoteCheck[];
  readonly attest: ReturnType<typeof shown>;
};

/** A report of the hardware, and what it is verified with. */
export type VouchingReport = {
  readonly source: ByteSource;
  readonly certificateFiles: readonly ByteSource[];
  /** When the certificates have to be valid. */
  readonly at: Date;
};

/** Files of a quote, and what it is held against. */
export type QuoteInput = {
  readonly attest: ByteSource;
  readonly signature: ByteSource;
  readonly ak: ByteSource;
  readonly eventlog?: ByteSource | undefined;
  /** What systemd logged behind it. */
  readonly userspace?: ByteSource | undefined;
  readonly pcrs?: PcrValues | undefined;
  /** What vouches for the AK: an SNP report or an HCL report, and files with certificates. */
  readonly report?: VouchingReport | undefined;
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
  const later = input.userspace && readUserspaceLog(input.userspace).events;
  const replayed = eventlog && replayLog(readEventLog(eventlog), later);
  const checks = [
    ...verifyQuote({ attest, signature }, ak, { nonce, pcrs, select, replayed }),
    ...(input.report === undefined ? [] : voucherChecks(input.report, ak)),
  ];
  return { valid: checks.every(({ ok }) => ok), checks, attest: shown(attest) };
}

/** The report's own checks, by names that tell them from the quote's, and that it is for this AK. */
function voucherChecks(
  { source, ...options }: VouchingReport,
  ak: AttestationKey,
): readonly QuoteCheck[] {
  const { report, hcl } = openReport(source);
  const { checks } = reportVerify(source, options);
  return [
    ...checks.map(({ name, ...check }) => ({ name: `report.${name}`, ...check })),
    akBindingCheck({ reportData: report.reportData, hcl }, ak),
  ];
}

/** What the TPM says, by the names of TPMS_ATTEST. */
function shown(attest: Attest) {
  const { type, qualifiedSigner, extraData, clockInfo, firmwareVersion } = attest;
  const quote = quoteOf(attest);
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
