import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { SHA1 } from './log-algorithm.ts';
import type { LogEvent } from './log-event.ts';
import { readAgileRecord, readSha1Record } from './log-record.ts';
import { readSpecId } from './spec-id.ts';
import { startupLocality } from './startup-locality.ts';

/** Unused room behind the last event: ACPI tables (CCEL) and some firmware fill it. */
export type LogPadding = {
  /** Byte offset in the file. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
  /** The byte that fills it: 0x00 or 0xff. */
  readonly byte: number;
};

/** A TCG event log of either format. */
export type EventLog = {
  /** Signature of the Spec ID event, e.g. `Spec ID Event03`; `null` where the log has none. */
  readonly spec: string | null;
  /** TCG names of the algorithms that the log announces, in its order. */
  readonly algorithms: readonly string[];
  /** Value of PCR 0 before its first extend. */
  readonly startupLocality: number;
  readonly events: readonly LogEvent[];
  readonly padding: LogPadding | null;
};

/** Larger than any log; what is larger is another file, given by mistake. */
const LARGEST_LOG = 4 << 20;

/**
 * Reads a TCG event log: SHA-1 (TPM 1.2) or crypto-agile format, told apart by the first event
 * (TCG PC Client PFP 1.06, 10; TCG EFI Protocol Specification 2.0, 5). Also reads CCEL logs, whose
 * index is a measurement register.
 *
 * Bytes that are all 0x00 or all 0xff from an event's end to the end of the file are padding.
 *
 * @param source the log, as in securityfs' `binary_bios_measurements`
 * @throws FormatError where the log is empty, truncated or contradicts itself
 */
export function readEventLog(source: ByteSource): EventLog {
  const cursor = openLog(source);
  const end = endOfEvents(source);
  const first = readSha1Record(cursor, 0);
  const specId = readSpecId(source.name, first);
  const algorithms = specId?.algorithms ?? [SHA1];
  const events = [first];
  while (cursor.offset < end) {
    events.push(
      specId?.cryptoAgile
        ? readAgileRecord(cursor, events.length, algorithms)
        : readSha1Record(cursor, events.length),
    );
  }
  return {
    spec: specId?.signature ?? null,
    algorithms: algorithms.map(({ name }) => name),
    startupLocality: startupLocality(source.name, events),
    events,
    padding: paddingFrom(source, cursor.offset),
  };
}

function openLog(source: ByteSource): Cursor {
  if (source.size === 0 || source.size > LARGEST_LOG) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: `an event log of 1 to ${LARGEST_LOG} bytes`,
      found: `${source.size} bytes`,
    });
  }
  return Cursor.over(source, 0, source.size, 'event log');
}

/**
 * Where the run of 0x00 or 0xff at the end of the file starts. The last event may reach into it; no
 * event starts there.
 */
function endOfEvents(source: ByteSource): number {
  const bytes = source.read(0, source.size);
  const fill = bytes.at(-1);
  if (fill !== 0x00 && fill !== 0xff) return source.size;
  const end = bytes.findLastIndex((byte) => byte !== fill) + 1;
  if (end > 0) return end;
  const found = `${source.size} bytes of padding`;
  throw new FormatError({ file: source.name, offset: 0, expected: 'an event', found });
}

function paddingFrom(source: ByteSource, offset: number): LogPadding | null {
  const size = source.size - offset;
  if (size === 0) return null;
  return { offset, size, byte: source.read(offset, 1)[0] ?? 0 };
}
