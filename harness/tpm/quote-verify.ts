import { toHex } from '../bytes/hex.ts';
import type { PcrValues } from '../measure/event.ts';
import { hashOf } from './algorithm.ts';
import { type Attest, TPM_GENERATED } from './attest.ts';
import { ATTEST_QUOTE, attestTypeName } from './attest-body.ts';
import type { AttestationKey } from './attestation-key.ts';
import { objectName } from './object-name.ts';
import type { BankSelection } from './pcr-selection.ts';
import { TPMA_OBJECT } from './public-area.ts';
import { type QuoteBody, quotedPcrChecks } from './quoted-pcrs.ts';
import type { TpmSignature } from './signature.ts';
import { hashOfSize, type SignatureVerdict, verifySignature } from './signature-verify.ts';

/** One thing that was looked at. */
export type QuoteCheck = {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
};

/** A quote as a guest hands it over: nothing of it is trusted. */
export type Quote = {
  readonly attest: Attest;
  readonly signature: TpmSignature;
};

/** What a quote is held against. */
export type QuoteExpectations = {
  /** What the TPM was told to pass on. */
  readonly nonce?: Uint8Array | undefined;
  /** Values that the PCRs must have. */
  readonly pcrs?: PcrValues | undefined;
  /** PCRs that must be quoted; where left out, those of `pcrs` in each bank that is quoted. */
  readonly select?: readonly BankSelection[] | undefined;
  /** Name of the object that credential activation, or something else, has vouched for: lower-case hex. */
  readonly akName?: string | undefined;
  /** What an event log replays to. */
  readonly replayed?: PcrValues | undefined;
};

/**
 * Verifies a quote: that a TPM made it, with this key, for this nonce, over these PCRs (TPM 2.0 Library,
 * Part 3, 18.4; Part 2, 10.12). Who the key belongs to is not asked: that is what credential activation
 * or a certificate tells.
 *
 * @returns one check for each thing looked at; the quote verifies where all are ok
 */
export function verifyQuote(
  { attest, signature }: Quote,
  ak: AttestationKey,
  expected: QuoteExpectations,
): readonly QuoteCheck[] {
  const body = quoteOf(attest);
  const hint = hashOfSize(body?.pcrDigest.length ?? 0);
  const verdict = verifySignature(ak, signature, attest.signed, hint);
  return [
    check('signature', verdict.ok, verdict.detail),
    ...nameChecks(ak, expected.akName),
    ...keyChecks(ak),
    magicCheck(attest),
    typeCheck(attest),
    ...nonceChecks(attest, expected.nonce),
    clockCheck(attest),
    firmwareCheck(attest),
    ...pcrChecks(body, verdict, expected),
  ];
}

/** What is quoted, where it is a quote. */
export function quoteOf({ body }: Attest): QuoteBody | undefined {
  return typeof body !== 'string' && body.kind === 'quote' ? body : undefined;
}

function pcrChecks(
  body: QuoteBody | undefined,
  { hash }: SignatureVerdict,
  expected: QuoteExpectations,
): readonly QuoteCheck[] {
  return body === undefined ? [] : quotedPcrChecks(body, hash, expected);
}

function nameChecks({ area }: AttestationKey, wanted: string | undefined): readonly QuoteCheck[] {
  if (wanted === undefined) return [];
  const hash = area && hashOf(area.nameAlg);
  const found = area && hash ? objectName(hash, area.bytes) : 'without a name';
  return [check('name', found === wanted, found === wanted ? found : `${found}, not ${wanted}`)];
}

/** A key that signs anything also signs what only looks like a TPM's structure. */
function keyChecks({ area }: AttestationKey): readonly QuoteCheck[] {
  if (area === undefined) return [];
  const has = (bit: number) => (area.attributes & bit) !== 0;
  const signsOnlyOwn =
    has(TPMA_OBJECT.restricted) && has(TPMA_OBJECT.sign) && !has(TPMA_OBJECT.decrypt);
  const attributes = `objectAttributes 0x${area.attributes.toString(16).padStart(8, '0')}`;
  return [
    check(
      'restricted',
      signsOnlyOwn,
      signsOnlyOwn
        ? 'the AK signs only what its TPM made'
        : `the AK is no restricted signing key: ${attributes}`,
    ),
    check(
      'fixedTPM',
      has(TPMA_OBJECT.fixedTPM),
      has(TPMA_OBJECT.fixedTPM)
        ? 'the AK never leaves its TPM'
        : `the AK can be taken to another TPM: ${attributes}`,
    ),
  ];
}

function magicCheck({ magic }: Attest): QuoteCheck {
  const found = `0x${magic.toString(16).padStart(8, '0')}`;
  const ok = magic === TPM_GENERATED;
  return check('magic', ok, ok ? 'TPM_GENERATED_VALUE' : `${found} is not TPM_GENERATED_VALUE`);
}

function typeCheck({ type, body }: Attest): QuoteCheck {
  const name = attestTypeName(type);
  if (type === ATTEST_QUOTE) return check('type', true, name);
  return check('type', false, `${name} is no quote${typeof body === 'string' ? `: ${body}` : ''}`);
}

function nonceChecks({ extraData }: Attest, nonce: Uint8Array | undefined): readonly QuoteCheck[] {
  if (nonce === undefined) return [];
  const found = toHex(extraData) || 'none';
  const wanted = toHex(nonce) || 'none';
  return [check('nonce', found === wanted, found === wanted ? found : `${found}, not ${wanted}`)];
}

/** Shown for those who keep what an earlier quote said: a reset between the two is no continuation. */
function clockCheck({ clockInfo }: Attest): QuoteCheck {
  const { clock, resetCount, restartCount, safe } = clockInfo;
  const parts = [
    `${clock} ms`,
    `resetCount ${resetCount}`,
    `restartCount ${restartCount}`,
    safe ? 'safe' : 'not safe: it may have been later before',
  ];
  return check('clock', true, parts.join(', '));
}

function firmwareCheck({ firmwareVersion }: Attest): QuoteCheck {
  return check('firmwareVersion', true, `0x${firmwareVersion.toString(16).padStart(16, '0')}`);
}

function check(name: string, ok: boolean, detail: string): QuoteCheck {
  return { name, ok, detail };
}
