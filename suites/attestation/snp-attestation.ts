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
import { ASKED_PCRS, type AskedQuote } from './attestation.ts';

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
      ak: ak.publicArea,
      otherAk: otherAk.publicArea,
      quote: { nonce, ...(await tpm.quote(ak, ASKED_PCRS, nonce)) },
      report: await fetchReport(guest, reportData, over),
    };
  });
}

/** What an SNP guest says of its vTPM's AK. Keys are TPMT_PUBLICs. */
export type VouchedAk = {
  /** REPORT_DATA of its report. */
  readonly reportData: Uint8Array;
  readonly ak: Uint8Array;
  readonly otherAk: Uint8Array;
  readonly quote: AskedQuote;
};

/** Has an SNP guest say so, and judges it. */
export async function vouchedAk(
  guests: SnpGuests,
  machine: Machine,
  signal: AbortSignal,
): Promise<readonly Judgement[]> {
  const { report, ...rest } = await attest(guests, machine, signal);
  await guests.keep(FILES.report, report);
  await guests.keep(FILES.ak, rest.ak);
  const { reportData } = readAttestationReport(bytesSource(FILES.report, report));
  return judgeVouchedAk({ reportData, ...rest });
}

/** Judges report and quote together, with the AK that the report is for, and with another. */
export function judgeVouchedAk(vouched: VouchedAk): readonly Judgement[] {
  const { reportData, ak, otherAk, quote } = vouched;
  const { nonce } = quote;
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
