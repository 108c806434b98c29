import { createHash } from 'node:crypto';
import type { Attestation } from '../../attestation/attestation.ts';
import { judgeVouchedAk } from '../../attestation/snp-attestation.ts';
import {
  judgeChangedPcr,
  judgeCredentials,
  judgeDamage,
  judgeEkCertificate,
  judgeEventLog,
  judgeFreeKey,
  judgeGenuineQuotes,
  judgeNonces,
  judgeOtherKeys,
  judgeSelection,
  type Verdict,
} from '../../attestation/verdicts.ts';
import type { Sabotage } from '../sabotage.ts';

const MACHINE = 'uki';

/** A sabotage of what a guest handed over to its verifier, or of what the verifier makes of it. */
function handedOver(
  requirement: Sabotage['requirement'],
  about: Pick<Sabotage, 'what' | 'says' | 'state'>,
  judge: Verdict,
  change: (attestation: Attestation) => Attestation,
): Sabotage {
  return {
    requirement,
    ...about,
    attempt: async (bench, signal) => {
      const attestation = await bench.attestation(MACHINE, signal);
      return { sound: judge(attestation), wrong: judge(change(attestation)) };
    },
  };
}

const withQuotes = (attestation: Attestation, quotes: Partial<Attestation['quotes']>) => ({
  ...attestation,
  quotes: { ...attestation.quotes, ...quotes },
});

const withActivation = (
  attestation: Attestation,
  activation: Partial<Attestation['activation']>,
) => ({ ...attestation, activation: { ...attestation.activation, ...activation } });

/** Guests with another TPM, keys, PCRs or logs than they say, and verifiers that do not notice. */
export const ATTESTATIONS: readonly Sabotage[] = [
  handedOver(
    'CVM-AT-001',
    {
      what: 'the EK certificate is another TPM’s',
      says: 'the EK certificate: refused: not issued by',
    },
    judgeEkCertificate,
    (all) => ({ ...all, ekCertificate: all.otherTpm.ekCertificate }),
  ),
  handedOver(
    'CVM-AT-001',
    {
      what: 'the TPM shows a signing key as its EK',
      says: 'refused: the EK of the TPM is not that',
    },
    judgeEkCertificate,
    (all) => ({ ...all, ek: all.freeKey }),
  ),
  handedOver(
    'CVM-AT-002',
    { what: 'the TPM does not open the credential', says: 'the TPM does not give away' },
    judgeCredentials,
    (all) => withActivation(all, { genuine: all.activation.forOtherObject }),
  ),
  handedOver(
    'CVM-AT-002',
    {
      what: 'the TPM opens a credential for another object',
      says: 'a credential for another object: not refused',
    },
    judgeCredentials,
    (all) => withActivation(all, { forOtherObject: all.activation.genuine }),
  ),
  handedOver(
    'CVM-AT-003',
    { what: 'the guest has extended a PCR once more', says: 'by the bound AK: refused' },
    judgeGenuineQuotes,
    (all) => withQuotes(all, { genuine: all.quotes.changed }),
  ),
  handedOver(
    'CVM-AT-004',
    {
      what: 'the verifier asks twice with the same nonce',
      says: 'the quote, replayed for a later nonce: verifies',
    },
    judgeNonces,
    (all) => withQuotes(all, { second: { ...all.quotes.second, ...nonceOf(all.quotes.genuine) } }),
  ),
  handedOver(
    'CVM-AT-005',
    { what: 'the second key is the first', says: 'a quote by another AK of the TPM: verifies' },
    judgeOtherKeys,
    (all) => withQuotes(all, { byOtherAk: all.quotes.genuine }),
  ),
  handedOver(
    'CVM-AT-006',
    { what: 'the PCR was not extended', says: 'a quote after PCR 11 was extended: verifies' },
    judgeChangedPcr,
    (all) => withQuotes(all, { changed: all.quotes.second }),
  ),
  handedOver(
    'CVM-AT-006',
    {
      what: 'no quote verifies, before the PCR is extended or after',
      says: 'the genuine one is refused too',
      state: 'vacuous',
    },
    judgeChangedPcr,
    (all) => withQuotes(all, { genuine: all.quotes.changed }),
  ),
  handedOver(
    'CVM-AT-007',
    { what: 'the lesser quote is of all PCRs', says: 'a quote without PCR 11: verifies' },
    judgeSelection,
    (all) => withQuotes(all, { fewer: all.quotes.genuine }),
  ),
  handedOver(
    'CVM-AT-008',
    {
      what: 'systemd’s log has none of what it extended',
      says: 'with the logs of firmware and systemd: refused',
    },
    judgeEventLog,
    (all) => ({ ...all, userspaceLog: new Uint8Array() }),
  ),
  handedOver(
    'CVM-AT-009',
    { what: 'the TPM signs a forged quote with the AK', says: 'to sign the same with the AK: not' },
    judgeFreeKey,
    (all) => ({ ...all, forged: { ...all.forged, byAk: all.forged.byFreeKey } }),
  ),
  handedOver(
    'CVM-AT-009',
    {
      what: 'the key that signs anything says that it is the AK',
      says: 'a quote by a key that is not restricted: refused',
    },
    judgeFreeKey,
    (all) => ({ ...all, freeKey: all.ak }),
  ),
  handedOver(
    'CVM-AT-010',
    {
      what: 'the quote that is damaged does not verify anyway',
      says: 'the genuine one is refused too',
      state: 'vacuous',
    },
    judgeDamage,
    (all) => withQuotes(all, { genuine: { ...all.quotes.genuine, nonce: new Uint8Array(32) } }),
  ),
  {
    requirement: 'CVM-AT-011',
    what: 'the report data is a nonce, and no digest of the AK',
    says: 'a report for the AK, and its quote: refused: REPORT_DATA',
    attempt: async (bench, signal) => {
      const { ak, otherAk, quotes } = await bench.attestation(MACHINE, signal);
      const vouched = { ak, otherAk, quote: quotes.genuine };
      const reportData = createHash('sha512').update(ak).digest();
      return {
        sound: judgeVouchedAk({ ...vouched, reportData }),
        wrong: judgeVouchedAk({ ...vouched, reportData: new Uint8Array(64).fill(0xbb) }),
      };
    },
  },
];

function nonceOf({ nonce }: Attestation['quotes']['genuine']) {
  return { nonce };
}
