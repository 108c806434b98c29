import type { Bank } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { measuredBytes } from '../measured-bytes.ts';

/**
 * An event of the firmware whose digest is that of the given bytes.
 *
 * @param banks which digests to compute
 * @param event PCR, TCG event type and what it is, for people
 * @param measured the bytes that are hashed
 */
export function firmwareEvent(
  banks: readonly Bank[],
  event: Pick<ExpectedEvent, 'pcr' | 'type' | 'description'>,
  measured: Uint8Array | Iterable<Uint8Array>,
): ExpectedEvent {
  return { ...event, ...measuredBytes(banks, measured), agent: 'firmware' };
}

/**
 * EV_SEPARATOR of a firmware that met no error: four zero bytes (TCG PC Client PFP 1.06, 3.3.2.2).
 *
 * @param banks which digests to compute
 * @param pcr the PCR that it closes
 */
export function separator(banks: readonly Bank[], pcr: number): ExpectedEvent {
  const event = { pcr, type: 'EV_SEPARATOR', description: 'end of the pre-OS measurements' };
  return firmwareEvent(banks, event, new Uint8Array(4));
}

/**
 * EV_EFI_ACTION: the text itself is hashed, without a terminator.
 *
 * @param banks which digests to compute
 * @param pcr the PCR that is extended
 * @param text one of the strings of TCG PC Client PFP 1.06, 10.4.4
 */
export function action(banks: readonly Bank[], pcr: number, text: string): ExpectedEvent {
  const event = { pcr, type: 'EV_EFI_ACTION', description: text };
  return firmwareEvent(banks, event, new TextEncoder().encode(text));
}
