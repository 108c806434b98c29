import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { GuestKey, GuestTpm } from '../../harness/guest/guest-tpm.ts';
import type { PcrValues } from '../../harness/measure/event.ts';
import { credentialFile, makeCredential } from '../../harness/tpm/credential.ts';
import { readEkCertificate } from '../../harness/tpm/ek-certificate.ts';
import { objectName } from '../../harness/tpm/object-name.ts';
import {
  ASKED_PCRS,
  type AskedQuote,
  type Attestation,
  CHANGED_PCR,
  FEWER_PCRS,
} from './attestation.ts';
import { forgedAttest } from './forged-attest.ts';

const NONCE_BYTES = 32;

/** The same in every run, so that all say the same of the PCR. */
const CHANGE = new Uint8Array(32).fill(0xee);

/** What comes from the guest, and not from elsewhere. */
type FromGuest = Omit<Attestation, 'at' | 'authority' | 'otherAuthority' | 'otherTpm' | 'forecast'>;

/**
 * Does what a verifier and a guest do together, and what an attacker in the guest's place would. The guest's
 * PCRs are changed at the end.
 *
 * @param forecast values of the PCRs, which the forgery claims
 */
export async function collectAttestation(tpm: GuestTpm, forecast: PcrValues): Promise<FromGuest> {
  const ekCertificate = await tpm.ekCertificate();
  const ek = await tpm.ek();
  const ak = await tpm.createAk('ak');
  const otherAk = await tpm.createAk('other-ak');
  const freeKey = await tpm.createFreeKey('free-key');
  const keys = { ak, otherAk, freeKey };
  const activation = await activate(tpm, ekCertificate, keys);
  const quote = askedOf(tpm);
  const genuine = await quote(ak);
  const before = {
    genuine,
    byOtherAk: await quote(otherAk),
    byFreeKey: await quote(freeKey),
    fewer: await quote(ak, FEWER_PCRS),
    second: await quote(ak),
  };
  const eventLog = await tpm.eventLog();
  const userspaceLog = await tpm.userspaceLog();
  await tpm.extend(CHANGED_PCR, CHANGE);
  const quotes = { ...before, changed: await quote(ak) };
  return {
    ekCertificate,
    ek: ek.publicArea,
    ak: ak.publicArea,
    otherAk: otherAk.publicArea,
    freeKey: freeKey.publicArea,
    activation,
    quotes,
    eventLog,
    userspaceLog,
    forged: await forge(tpm, keys, quotes.changed, forecast),
  };
}

type Keys = { readonly ak: GuestKey; readonly otherAk: GuestKey; readonly freeKey: GuestKey };

/** Credentials for the EK of the certificate, and for one that nobody's TPM has. */
async function activate(
  tpm: GuestTpm,
  certificate: Uint8Array,
  { ak, freeKey }: Keys,
): Promise<Attestation['activation']> {
  const { publicKey: ek } = readEkCertificate(bytesSource('EK certificate', certificate));
  const { publicKey: otherEk } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const value = randomBytes(NONCE_BYTES);
  const open = (key: typeof ek, { publicArea }: GuestKey) => {
    const name = Buffer.from(objectName('sha256', publicArea), 'hex');
    return tpm.activate(ak, credentialFile(makeCredential(key, name, value)));
  };
  return {
    value,
    genuine: await open(ek, ak),
    forOtherObject: await open(ek, freeKey),
    forOtherEk: await open(otherEk, ak),
  };
}

function askedOf(tpm: GuestTpm) {
  return async (key: GuestKey, pcrs = ASKED_PCRS): Promise<AskedQuote> => {
    const nonce = randomBytes(NONCE_BYTES);
    return { nonce, ...(await tpm.quote(key, pcrs, nonce)) };
  };
}

/** The changed guest claims what the verifier wants to hear. */
async function forge(
  tpm: GuestTpm,
  { ak, freeKey }: Keys,
  { attest: changed, nonce }: AskedQuote,
  forecast: PcrValues,
): Promise<Attestation['forged']> {
  const attest = forgedAttest(changed, ASKED_PCRS, forecast);
  return {
    attest,
    nonce,
    byFreeKey: await tpm.sign(freeKey, attest),
    byAk: await tpm.sign(ak, attest),
  };
}
