import { createHash, randomBytes } from 'node:crypto';
import { bytesSource } from '../../harness/bytes/source.ts';
import { fetchReport } from '../../harness/guest/attestation-report.ts';
import { GuestTpm } from '../../harness/guest/guest-tpm.ts';
import { akBindingCheck } from '../../harness/judge/ak-binding.ts';
import { checksOfQuote, judgeVerifier } from '../../harness/judge/judge-attestation.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { readAttestationReport } from '../../harness/sev/attestation-report.ts';
import { readAttestationKey } from '../../harness/tpm/attestation-key.ts';
import type { SnpGuests } from '../launch-measurement/snp-guests.ts';
import { ASKED_PCRS } from './attestation.ts';

/** Names of what is kept. */
const FILES = { report: 'snp-ak.report', ak: 'snp-ak.pub' } as const;

/** Has an SNP guest make an AK, quote with it, and ask for a report for its digest. */
async function attest(guests: SnpGuests, machine: Machine, signal: AbortSignal) {
  const nonce = randomBytes(32);
  return await guests.ask(machine, signal, async (guest, over) => {
    const tpm = await GuestTpm.open(guest, over);
    const ak = await tpm.createAk('ak');
    const otherAk = await tpm.createAk('other-ak');
    const reportData = createHash('sha512').update(ak.publicArea).digest();
    return {
      nonce,
      ak: ak.publicArea,
      otherAk: otherAk.publicArea,
      quote: await tpm.quote(ak, ASKED_PCRS, nonce),
      report: await fetchReport(guest, reportData, over),
    };
  });
}

/** Judges report and quote together, with the AK that the report is for, and with another. */
export async function vouchedAk(
  guests: SnpGuests,
  machine: Machine,
  signal: AbortSignal,
): Promise<readonly Judgement[]> {
  const { nonce, ak, otherAk, quote, report } = await attest(guests, machine, signal);
  await guests.keep(FILES.report, report);
  await guests.keep(FILES.ak, ak);
  const { reportData } = readAttestationReport(bytesSource(FILES.report, report));
  const binding = (area: Uint8Array) =>
    akBindingCheck({ reportData, hcl: undefined }, readAttestationKey(bytesSource('ak', area)));
  const checks = [...checksOfQuote({ ...quote, ak }, { nonce }), binding(ak)];
  return judgeVerifier({ what: 'a report for the AK, and its quote', checks, file: FILES.report }, [
    {
      what: 'the report, for another AK',
      checks: [binding(otherAk)],
      file: FILES.report,
      refusedBy: 'akBinding',
    },
    {
      what: 'the quote, by another AK',
      checks: checksOfQuote({ ...quote, ak: otherAk }, { nonce }),
      file: FILES.ak,
      refusedBy: 'signature',
    },
  ]);
}
