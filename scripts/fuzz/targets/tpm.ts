import { generateKeyPairSync } from 'node:crypto';
import { toHex } from '../../../harness/bytes/hex.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readAttest } from '../../../harness/tpm/attest.ts';
import { modulusBytes, readAttestationKey } from '../../../harness/tpm/attestation-key.ts';
import { readEkCertificate, verifyEkCertificate } from '../../../harness/tpm/ek-certificate.ts';
import { sized } from '../../../harness/tpm/marshal.ts';
import { readPublicArea } from '../../../harness/tpm/public-area.ts';
import { readQuotePcrs } from '../../../harness/tpm/quote-pcrs.ts';
import { verifyQuote } from '../../../harness/tpm/quote-verify.ts';
import { readSignature } from '../../../harness/tpm/signature.ts';
import {
  attestHead,
  makeAttest,
  makePublicArea,
  signAttest,
} from '../../../harness/tpm/testing/made-quote.ts';
import { makeQuotePcrs } from '../../../harness/tpm/testing/made-quote-pcrs.ts';
import {
  EK_AUTHORITY,
  EK_CERTIFICATE,
  EK_DAY,
  ekArea,
} from '../../../harness/tpm/testing/recorded-ek.ts';
import { mutateDer } from '../mutate-der.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, hex } from '../words.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA_BYTES = 256;

const VALUES = { sha1: { 4: '11'.repeat(20) }, sha256: { 0: '22'.repeat(32), 7: '33'.repeat(32) } };
const ATTEST = makeAttest({
  nonce: Buffer.from('nonce'),
  select: [
    { bank: 'sha1', pcrs: [4] },
    { bank: 'sha256', pcrs: [0, 7] },
  ],
  values: VALUES,
  hash: 'sha256',
});

/** Algorithms, types of attestations and the number that begins each. */
const TPM_WORDS = hex(
  ...['0001', '0004', '0005', '0008', '000b', '000c', '0010', '0014', '0016', '0018', '0023'],
  ...['0025', '8014', '8015', '8016', '8017', '8018', '8019', '801a', '801c', 'ff544347'],
);

/** Sound quotes: the signature behind the attestation. */
const QUOTES = [
  Buffer.concat([ATTEST, signAttest(ATTEST, rsa.privateKey, 'sha256', 'rsassa')]),
  Buffer.concat([ATTEST, signAttest(ATTEST, rsa.privateKey, 'sha256', 'rsapss')]),
  Buffer.concat([ATTEST, signAttest(ATTEST, ecc.privateKey, 'sha256', 'ecdsa')]),
];
const SOUND: ReadonlySet<string> = new Set(QUOTES.map(toHex));
const KEYS = [rsa, ecc].map(({ publicKey }) => readKey(makePublicArea(publicKey)));

const EK = readPublicArea(bytesSource('EK', ekArea()));

/** Readers of what a TPM attests to and signs, and of the keys that it does so with. */
export const TPM_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'attest',
    covers: ['readAttest', 'readAttestBody', 'readClockInfo', 'readYesNo', 'readPcrSelections'],
    made: () => [ATTEST, sized(ATTEST), attestOf(0x8017), attestOf(0x801a), attestOf(0x801c)],
    fixtures: ['reports/azure/milan-v1/quote.msg', 'reports/quotes/rust-keylime/quote.msg'],
    words: TPM_WORDS,
    read: (bytes) => readAttest(bytesSource('attest', bytes)),
  },
  {
    name: 'tpm-signature',
    covers: ['readSignature'],
    made: () =>
      QUOTES.flatMap((quote) => [
        quote.subarray(ATTEST.length),
        sized(quote.subarray(ATTEST.length)),
      ]),
    fixtures: ['reports/quotes/rust-keylime/quote.tpmt_signature'],
    words: TPM_WORDS,
    read: (bytes) => readSignature(bytesSource('signature', bytes), RSA_BYTES),
  },
  {
    name: 'attestation-key',
    covers: ['readAttestationKey', 'readPublicArea'],
    made: () =>
      [rsa.publicKey, ecc.publicKey].flatMap((key) => [
        makePublicArea(key),
        sized(makePublicArea(key)),
        key.export({ format: 'der', type: 'spki' }),
        Buffer.from(key.export({ format: 'pem', type: 'spki' })),
        Buffer.from(JSON.stringify(key.export({ format: 'jwk' }))),
      ]),
    fixtures: ['reports/quotes/gce-cos-85-no-nonce-sha1/ak.tpmt_public'],
    words: [...TPM_WORDS, ...ascii('-----BEGIN PUBLIC KEY-----', '{"kty":"RSA"', '"crv":"P-521"')],
    mutations: [mutateDer],
    read: (bytes) => readKey(bytes).key,
  },
  {
    name: 'ek-certificate',
    covers: ['readEkCertificate', 'verifyEkCertificate'],
    made: () => [EK_CERTIFICATE, EK_AUTHORITY.raw],
    words: hex('0603551d25', '06056781050801', '0603551d11', '06056781050201', '170d', '180f'),
    mutations: [mutateDer],
    read: (bytes) =>
      verifyEkCertificate(readEkCertificate(bytesSource('certificate', bytes)), {
        authority: EK_AUTHORITY,
        at: EK_DAY,
        ek: EK,
      }),
  },
  {
    name: 'quote',
    covers: ['verifyQuote'],
    made: () => QUOTES,
    words: TPM_WORDS,
    read: readQuote,
  },
  {
    name: 'quote-pcrs',
    covers: ['readQuotePcrs'],
    made: () => [
      makeQuotePcrs([
        { algId: 0x0004, select: [0x10, 0, 0], values: [VALUES.sha1[4]] },
        { algId: 0x000b, select: [0x81, 0, 0], values: Object.values(VALUES.sha256) },
      ]),
    ],
    fixtures: ['reports/quotes/rust-keylime/pcrs.bin'],
    read: (bytes) => readQuotePcrs(bytesSource('PCRs', bytes)),
  },
];

function attestOf(type: number): Uint8Array {
  const name = sized(Buffer.alloc(34));
  return Buffer.concat([attestHead({ type }), name, name]);
}

function readKey(bytes: Uint8Array) {
  return readAttestationKey(bytesSource('key', bytes));
}

/** @throws Error where a quote that no key has signed is accepted */
function readQuote(bytes: Uint8Array): unknown {
  const attest = readAttest(bytesSource('attest', bytes.subarray(0, ATTEST.length)));
  const given = bytes.subarray(ATTEST.length);
  const verdicts = KEYS.map((key) => {
    const signature = readSignature(bytesSource('signature', given), modulusBytes(key));
    return verifyQuote({ attest, signature }, key, { pcrs: VALUES });
  });
  const accepted = verdicts.some((checks) => checks.every(({ ok }) => ok));
  if (accepted && !SOUND.has(toHex(bytes))) throw new Error('a changed quote was accepted');
  return verdicts;
}
