import { type Bank, extendPcr, zeroPcr } from './bank.ts';
import type { MeasuredEvent } from './event.ts';

/** What replay needs of an event, be it forecast or from a log. */
export type Extend = Pick<MeasuredEvent, 'pcr' | 'digests'>;

/**
 * Extends PCRs with events in order, from their value after a reset.
 *
 * @param events the events of any PCRs, in the order in which they were extended
 * @param bank which bank to replay
 * @param startupLocality locality of TPM2_Startup: PCR 0 starts at this value (TCG PC Client PFP
 *   1.06, 10.4.5.3); 0 where the log has no StartupLocality event
 * @returns value of every PCR that was extended, lower-case hex, keyed by PCR index
 * @throws TypeError where an event has no digest for the bank
 */
export function replay(
  events: readonly Extend[],
  bank: Bank,
  startupLocality = 0,
): Readonly<Record<number, string>> {
  const pcrs: Record<number, string> = {};
  for (const event of events) {
    const digest = event.digests[bank];
    if (digest === undefined) throw new TypeError(`PCR ${event.pcr} event without ${bank} digest`);
    pcrs[event.pcr] = extendPcr(
      bank,
      pcrs[event.pcr] ?? initialValue(bank, event.pcr, startupLocality),
      digest,
    );
  }
  return pcrs;
}

function initialValue(bank: Bank, pcr: number, startupLocality: number): string {
  const zeros = zeroPcr(bank);
  if (pcr !== 0) return zeros;
  return zeros.slice(0, -2) + startupLocality.toString(16).padStart(2, '0');
}
