import { bytesSource } from '../../harness/bytes/source.ts';
import { readEventLog } from '../../harness/measure/event-log.ts';
import type { LogEvent } from '../../harness/measure/log-event.ts';

const CHANGED_PCR = 4;
const CUT_PCR = 7;

/** A log that says that something else was booted: one bit of a digest, of the last event of PCR 4. */
export function logWithChangedDigest(log: Uint8Array): Uint8Array {
  const event = eventsOf(log, CHANGED_PCR).at(-1);
  const bytes = Buffer.from(log);
  const digest = Buffer.from(event?.digests['sha256'] ?? '', 'hex');
  const at = bytes.indexOf(digest, event?.offset);
  if (digest.length === 0 || at < 0) throw new TypeError(`no event of PCR ${CHANGED_PCR}`);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

/** A log that ends before the first event of PCR 7, between two records. */
export function cutLog(log: Uint8Array): Uint8Array {
  const [event] = eventsOf(log, CUT_PCR);
  if (event === undefined) throw new TypeError(`no event of PCR ${CUT_PCR}`);
  return log.subarray(0, event.offset);
}

function eventsOf(log: Uint8Array, pcr: number): readonly LogEvent[] {
  const { events } = readEventLog(bytesSource('event log', log));
  return events.filter((event) => event.pcr === pcr && event.type !== 'EV_NO_ACTION');
}
