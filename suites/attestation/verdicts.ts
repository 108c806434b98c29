import { X509Certificate } from 'node:crypto';
import { toHex } from '../../harness/bytes/hex.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import { judgeActivation, judgeRefusals } from '../../harness/judge/judge-activation.ts';
import {
  checksOfQuote,
  judgeDamagedQuotes,
  judgeVerifier,
  type Shown,
} from '../../harness/judge/judge-attestation.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { readEventLog } from '../../harness/measure/event-log.ts';
import { replayLog } from '../../harness/measure/log-replay.ts';
import { readUserspaceLog } from '../../harness/measure/userspace-log.ts';
import { readEkCertificate, verifyEkCertificate } from '../../harness/tpm/ek-certificate.ts';
import { objectName } from '../../harness/tpm/object-name.ts';
import { readPublicArea } from '../../harness/tpm/public-area.ts';
import type { QuoteCheck, QuoteExpectations } from '../../harness/tpm/quote-verify.ts';
import { ASKED_PCRS, type AskedQuote, type Attestation } from './attestation.ts';
import { cutLog, logWithChangedDigest } from './doctored-log.ts';

/** Judges what was handed over. */
export type Verdict = (attestation: Attestation) => readonly Judgement[];

/** What the verifier asked for, with the nonce of one of its questions. */
const expectations = (
  { forecast }: Attestation,
  { nonce }: Pick<AskedQuote, 'nonce'>,
): QuoteExpectations => ({
  nonce,
  pcrs: forecast,
  select: [{ bank: 'sha256', pcrs: ASKED_PCRS }],
});

/** What the verifier finds of a quote by the enrolled AK. */
const shown = (
  attestation: Attestation,
  what: string,
  name: keyof Attestation['quotes'],
  expected: Partial<QuoteExpectations> = {},
): Shown => {
  const quote = attestation.quotes[name];
  const { ak } = attestation;
  const all = { ...expectations(attestation, quote), ...expected };
  const checks = withNoncesNamed(checksOfQuote({ ...quote, ak }, all), attestation);
  return { what, checks, file: `${name}.msg` };
};

/** Two runs say the same of nonces that are called by their names; the files of evidence have their bytes. */
const withNoncesNamed = (
  checks: readonly QuoteCheck[],
  { quotes }: Attestation,
): readonly QuoteCheck[] => {
  const named = (text: string) =>
    text
      .replaceAll(toHex(quotes.genuine.nonce), 'the nonce of the first question')
      .replaceAll(toHex(quotes.second.nonce), 'that of the second');
  return checks.map((check) => ({ ...check, detail: named(check.detail) }));
};

const genuine = (attestation: Attestation) =>
  shown(attestation, 'the quote over PCRs 0–15 with the nonce, by the bound AK', 'genuine', {
    akName: objectName('sha256', attestation.ak),
  });

/** The EK certificate, under its authority and under another, for its EK and for another. */
export const judgeEkCertificate: Verdict = (attestation) => {
  const { at } = attestation;
  const verified = (what: string, pem: Uint8Array, certificate: Uint8Array, ek: Uint8Array) => ({
    what,
    checks: verifyEkCertificate(readEkCertificate(bytesSource('ek.crt', certificate)), {
      authority: new X509Certificate(pem),
      at,
      ek: readPublicArea(bytesSource('ek.pub', ek)),
    }),
    file: 'ek.crt',
  });
  const { authority, otherAuthority, ekCertificate, ek, otherTpm } = attestation;
  return judgeVerifier(verified('the EK certificate', authority, ekCertificate, ek), [
    {
      ...verified('the certificate under another authority', otherAuthority, ekCertificate, ek),
      refusedBy: 'issuer',
    },
    {
      ...verified('the certificate for another TPM’s EK', authority, ekCertificate, otherTpm.ek),
      refusedBy: 'ek',
    },
    {
      ...verified('the certificate of another TPM', authority, otherTpm.ekCertificate, otherTpm.ek),
      refusedBy: 'issuer',
    },
  ]);
};

/** Credentials for the EK and the AK, for another object, and for another EK. */
export const judgeCredentials: Verdict = ({ activation }) =>
  judgeActivation(
    activation.value,
    activation.genuine,
    [
      {
        what: 'a credential for another object',
        answer: activation.forOtherObject,
        says: /integrity check failed/,
      },
      {
        what: 'a credential for another EK',
        answer: activation.forOtherEk,
        says: /Esys_ActivateCredential\(0x/,
      },
    ],
    'activation.log',
  );

/** Quotes of the guest, against the forecast. */
export const judgeGenuineQuotes: Verdict = (attestation) => [
  ...judgeVerifier(genuine(attestation), []),
  ...judgeVerifier(shown(attestation, 'a second quote', 'second'), []),
];

/** A quote for the nonce of its question, for another, and for that of a later one. */
export const judgeNonces: Verdict = (attestation) => {
  const { second } = attestation.quotes;
  const nonce = Buffer.alloc(32, 0xff);
  return judgeVerifier(genuine(attestation), [
    {
      ...shown(attestation, 'a quote with another nonce', 'genuine', { nonce }),
      refusedBy: 'nonce',
    },
    {
      ...shown(attestation, 'the quote, replayed for a later nonce', 'genuine', second),
      refusedBy: 'nonce',
    },
  ]);
};

/** Quotes by the enrolled AK, by another one of the TPM, and by that of another TPM. */
export const judgeOtherKeys: Verdict = (attestation) => {
  const { ak, otherTpm } = attestation;
  const { quote } = otherTpm;
  const expected = expectations(attestation, quote);
  const own = checksOfQuote({ ...quote, ak: otherTpm.ak }, expected);
  return [
    ...judgeVerifier(genuine(attestation), [
      {
        ...shown(attestation, 'a quote by another AK of the TPM', 'byOtherAk'),
        refusedBy: 'signature',
      },
    ]),
    ...judgeVerifier(
      { what: 'a quote of another TPM, by its own AK', checks: own, file: 'other-tpm.msg' },
      [
        {
          what: 'a quote of another TPM with the same PCRs',
          checks: checksOfQuote({ ...quote, ak }, expected),
          file: 'other-tpm.msg',
          refusedBy: 'signature',
        },
      ],
    ),
  ];
};

/** A quote before a PCR was extended, and one after. */
export const judgeChangedPcr: Verdict = (attestation) =>
  judgeVerifier(genuine(attestation), [
    {
      ...shown(attestation, 'a quote after PCR 11 was extended', 'changed'),
      refusedBy: 'pcrDigest',
    },
  ]);

/** A quote over all PCRs that were asked for, and one without PCR 11. */
export const judgeSelection: Verdict = (attestation) =>
  judgeVerifier(genuine(attestation), [
    { ...shown(attestation, 'a quote without PCR 11', 'fewer'), refusedBy: 'selection' },
  ]);

/** A quote with the logs of the boot, and with doctored ones. */
export const judgeEventLog: Verdict = (attestation) => {
  const { eventLog, userspaceLog } = attestation;
  const { events } = readUserspaceLog(bytesSource('tpm2-measure.log', userspaceLog));
  const withLog = (what: string, log: Uint8Array) => {
    const replayed = replayLog(readEventLog(bytesSource('event log', log)), events);
    return shown(attestation, what, 'genuine', { replayed });
  };
  return judgeVerifier(withLog('the quote with the logs of firmware and systemd', eventLog), [
    {
      ...withLog('a log with one digest changed', logWithChangedDigest(eventLog)),
      refusedBy: 'eventlog',
    },
    { ...withLog('a log that was cut', cutLog(eventLog)), refusedBy: 'eventlog' },
  ]);
};

/** What a key signs that is not restricted, and what the AK does not. */
export const judgeFreeKey: Verdict = (attestation) => {
  const { ak, freeKey, forged, quotes } = attestation;
  const forgery = { attest: forged.attest, signature: forged.byFreeKey.stdout, ak: freeKey };
  const quote = { ...quotes.byFreeKey, ak: freeKey };
  const judged = judgeVerifier(genuine(attestation), [
    {
      what: 'a quote by a key that is not restricted',
      checks: checksOfQuote(quote, expectations(attestation, quotes.byFreeKey)),
      file: 'byFreeKey.msg',
      refusedBy: 'restricted',
    },
    {
      what: 'what such a key signed of a guest that had changed',
      checks: checksOfQuote(forgery, expectations(attestation, forged)),
      file: 'forged.msg',
      refusedBy: 'restricted',
    },
    {
      what: 'the same, passed off as the AK’s',
      checks: checksOfQuote({ ...forgery, ak }, expectations(attestation, forged)),
      file: 'forged.msg',
      refusedBy: 'signature',
    },
  ]);
  const request = {
    what: 'to sign the same with the AK',
    answer: forged.byAk,
    says: /invalid ticket/,
  };
  return [...judged, ...judgeRefusals(judged[0], [request], 'forged-by-ak.log')];
};

/** The genuine quote with each bit flipped, and at each length. */
export const judgeDamage: Verdict = (attestation) => {
  const { quotes, ak } = attestation;
  const akName = objectName('sha256', ak);
  const expected = { ...expectations(attestation, quotes.genuine), akName };
  return judgeDamagedQuotes({ ...quotes.genuine, ak }, expected, 'genuine.msg');
};
