import type { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { eventTypeName } from './event-types.ts';
import { type LogAlgorithm, SHA1 } from './log-algorithm.ts';
import type { LogEvent } from './log-event.ts';

/** PFP 1.06: a PC client has PCR 0 to 23. */
const LAST_PCR = 23;

/**
 * Reads one TCG_PCR_EVENT, the record of the SHA-1 log format and the first record of every log
 * (TCG EFI Protocol Specification 2.0, 5.1): PCR index, event type, SHA-1 digest, size, data.
 *
 * @param cursor at the first byte of the record, which it then has passed
 * @param index position of the event in the log
 * @throws FormatError where the record reaches beyond the log, or extends what is no PCR
 */
export function readSha1Record(cursor: Cursor, index: number): LogEvent {
  const { offset } = cursor;
  const pcr = cursor.u32('PCR index');
  const typeNumber = cursor.u32('event type');
  const digests = { [SHA1.name]: toHex(cursor.take(SHA1.digestBytes, 'SHA-1 digest')) };
  return finish(cursor, { index, pcr, typeNumber, digests, offset });
}

/**
 * Reads one TCG_PCR_EVENT2, the record of the crypto-agile log format (TCG EFI Protocol
 * Specification 2.0, 5.2): PCR index, event type, digests, size, data.
 *
 * An event may lack digests of algorithms that the log announces, as real logs do.
 *
 * @param cursor at the first byte of the record, which it then has passed
 * @param index position of the event in the log
 * @param algorithms those that the Spec ID event announces
 * @throws FormatError where the record reaches beyond the log, extends what is no PCR, or has a
 *   digest that was not announced or stands there twice
 */
export function readAgileRecord(
  cursor: Cursor,
  index: number,
  algorithms: readonly LogAlgorithm[],
): LogEvent {
  const { offset } = cursor;
  const pcr = cursor.u32('PCR index');
  const typeNumber = cursor.u32('event type');
  const digests = readDigests(cursor, algorithms);
  return finish(cursor, { index, pcr, typeNumber, digests, offset });
}

function readDigests(
  cursor: Cursor,
  algorithms: readonly LogAlgorithm[],
): Readonly<Record<string, string>> {
  const start = cursor.offset;
  const count = cursor.u32('digest count');
  if (count > algorithms.length) {
    throw cursor.errorAt(start, `at most ${algorithms.length} digests`, `${count}`);
  }
  const digests: Record<string, string> = {};
  for (let index = 0; index < count; index++) {
    const offset = cursor.offset;
    const algId = cursor.u16('digest algorithm');
    const algorithm = algorithms.find((announced) => announced.algId === algId);
    if (algorithm === undefined || Object.hasOwn(digests, algorithm.name)) {
      throw cursor.errorAt(
        offset,
        'an algorithm of the Spec ID event, each once',
        `0x${algId.toString(16)}`,
      );
    }
    digests[algorithm.name] = toHex(cursor.take(algorithm.digestBytes, `${algorithm.name} digest`));
  }
  return digests;
}

type Head = Pick<LogEvent, 'index' | 'pcr' | 'typeNumber' | 'digests' | 'offset'>;

/** Reads the event field, which ends both kinds of record. */
function finish(cursor: Cursor, head: Head): LogEvent {
  const type = eventTypeName(head.typeNumber);
  if (type !== 'EV_NO_ACTION' && head.pcr > LAST_PCR) {
    throw cursor.errorAt(head.offset, `PCR index 0 to ${LAST_PCR}`, `${head.pcr}`);
  }
  const size = cursor.u32('event size');
  const dataOffset = cursor.offset;
  return { ...head, type, data: cursor.take(size, 'event data'), dataOffset };
}
