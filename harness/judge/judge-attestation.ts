import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { readAttest } from '../tpm/attest.ts';
import { modulusBytes, readAttestationKey } from '../tpm/attestation-key.ts';
import { type QuoteCheck, type QuoteExpectations, verifyQuote } from '../tpm/quote-verify.ts';
import { readSignature } from '../tpm/signature.ts';
import { judgeChecks } from './judge-report.ts';
import type { Judgement } from './judgement.ts';

/** A quote with the key that is said to have signed it: bytes that a guest handed over. */
export type HandedQuote = {
  /** TPMS_ATTEST. */
  readonly attest: Uint8Array;
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array;
  /** TPMT_PUBLIC. */
  readonly ak: Uint8Array;
};

/** One thing that a verifier is shown. */
export type Shown = {
  /** Begins a sentence. */
  readonly what: string;
  readonly checks: readonly QuoteCheck[];
  /** File that keeps it. */
  readonly file: string;
};

/** Something that a verifier has to refuse, by one check and no other. */
export type ShownWrong = Shown & { readonly refusedBy: string };

/**
 * What a verifier finds of a quote; one that cannot be read fails the check `structure`.
 *
 * @param expected what it asked for
 */
export function checksOfQuote(
  { attest, signature, ak }: HandedQuote,
  expected: QuoteExpectations,
): readonly QuoteCheck[] {
  try {
    const key = readAttestationKey(bytesSource('ak', ak));
    const quote = {
      attest: readAttest(bytesSource('attest', attest)),
      signature: readSignature(bytesSource('signature', signature), modulusBytes(key)),
    };
    return verifyQuote(quote, key, expected);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [{ name: 'structure', ok: false, detail: error.message }];
  }
}

/**
 * Judges a verifier by what it accepts and what it refuses. Where it refuses the genuine one, that it
 * refuses the others as well says nothing.
 *
 * @param genuine the twin of all that is wrong
 */
export function judgeVerifier(
  genuine: Shown,
  wrong: readonly ShownWrong[],
): readonly [Judgement, ...Judgement[]] {
  const twin = judgeChecks(genuine.what, genuine.checks, 'holds', genuine.file);
  const refused = wrong.map(({ what, checks, refusedBy, file }) =>
    judgeChecks(what, checks, { refusedBy }, file),
  );
  return [twin, ...refused.map((one) => withTwin(twin, one))];
}

/** A refusal proves nothing where the twin is refused too. */
export function withTwin(twin: Judgement, refused: Judgement): Judgement {
  if (twin.state === 'pass' || refused.state !== 'pass') return refused;
  const sentence = `the genuine one is refused too: ${refused.sentence}`;
  return { ...refused, state: 'vacuous', sentence };
}

/** How many changed structures were refused, and how. */
type Damage = { readonly unreadable: number; readonly refused: number; readonly accepted: number };

/**
 * Judges whether any structure of a quote is accepted with one bit flipped, or cut short by any number of
 * bytes.
 *
 * @param expected what the verifier asked for
 * @param file keeps the quote
 */
export function judgeDamagedQuotes(
  quote: HandedQuote,
  expected: QuoteExpectations,
  file: string,
): readonly Judgement[] {
  const twin = judgeChecks('the quote as it is', checksOfQuote(quote, expected), 'holds', file);
  const parts = ['attest', 'signature', 'ak'] as const;
  return [
    twin,
    ...parts.flatMap((part) => {
      const damaged = [
        ['one bit flipped', flips(quote[part])],
        ['bytes missing at its end', truncations(quote[part])],
      ] as const;
      return damaged.map(([how, all]) => {
        const found = damageOf(
          all.map((bytes) => checksOfQuote({ ...quote, [part]: bytes }, expected)),
        );
        return withTwin(twin, damageJudgement(`${NAMES[part]} with ${how}`, found, file));
      });
    }),
  ];
}

const NAMES = { attest: 'TPMS_ATTEST', signature: 'TPMT_SIGNATURE', ak: 'TPMT_PUBLIC' } as const;

function damageOf(all: readonly (readonly QuoteCheck[])[]): Damage {
  const accepted = all.filter((checks) => checks.every(({ ok }) => ok)).length;
  const unreadable = all.filter(([first]) => first?.name === 'structure').length;
  return { accepted, unreadable, refused: all.length - accepted - unreadable };
}

function damageJudgement(what: string, damage: Damage, file: string): Judgement {
  const { accepted, refused, unreadable } = damage;
  const tried = accepted + refused + unreadable;
  const outcome = accepted === 0 ? 'none is accepted' : `${accepted} are accepted`;
  return {
    state: tried === 0 ? 'vacuous' : accepted === 0 ? 'pass' : 'fail',
    sentence: `${what}: of ${tried}, ${outcome}`,
    expected: `${tried} refused`,
    observed: `${refused} refused by a check, ${unreadable} unreadable, ${accepted} accepted`,
    witness: 'host file',
    file,
  };
}

function flips(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) =>
    Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
  );
}

function truncations(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
}
