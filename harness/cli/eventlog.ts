import type { ByteSource } from '../bytes/source.ts';
import { loggedDevicePath } from '../formats/logged-device-path.ts';
import { digestMatchesData } from '../measure/digest-match.ts';
import type { PcrValues } from '../measure/event.ts';
import { describeEvent } from '../measure/event-description.ts';
import { type EventLog, type LogPadding, readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { userspaceDigestMatches } from '../measure/userspace-digest-match.ts';
import type { NvPcrEvent, UserspaceLog } from '../measure/userspace-log.ts';

/** One event as `cvm eventlog --json` prints it. */
type ReportedEvent = {
  /** Position in the firmware's log, then in systemd's behind it. */
  readonly index: number;
  readonly pcr: number;
  readonly type: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly description: string;
  /** `null` where the log does not hold what was measured. */
  readonly digestMatchesData: boolean | null;
};

/** What `cvm eventlog --json` prints. */
export type EventlogReport = {
  readonly spec: string | null;
  readonly algorithms: readonly string[];
  readonly startupLocality: number;
  readonly events: readonly ReportedEvent[];
  readonly pcrs: PcrValues;
  /** Unused room behind the last event; `null` where there is none. */
  readonly padding: LogPadding | null;
  /** What systemd's log holds besides events of PCRs; `null` where it was not given. */
  readonly userspace: {
    readonly nvPcrEvents: readonly Omit<NvPcrEvent, 'word'>[];
    /** Offset of a last record that systemd did not finish: the PCRs above may lack its extend. */
    readonly abortedAt: number | null;
  } | null;
};

/**
 * Reads an event log, describes its events and replays it.
 *
 * @param logSource TCG event log of the firmware
 * @param userspace systemd's log of what it measured after that
 * @throws FormatError where the firmware's log is broken
 */
export function eventlogReport(logSource: ByteSource, userspace?: UserspaceLog): EventlogReport {
  const log = readEventLog(logSource);
  return {
    spec: log.spec,
    algorithms: log.algorithms,
    startupLocality: log.startupLocality,
    events: [...firmwareEvents(log), ...userspaceEvents(userspace, log.events.length)],
    pcrs: replayLog(log, userspace?.events),
    padding: log.padding,
    userspace: userspace === undefined ? null : besidesPcrs(userspace),
  };
}

function firmwareEvents({ events }: EventLog): readonly ReportedEvent[] {
  return events.map((event) => ({
    index: event.index,
    pcr: event.pcr,
    type: event.type,
    digests: event.digests,
    description: describeEvent(event, loggedDevicePath),
    digestMatchesData: digestMatchesData(event),
  }));
}

function userspaceEvents(
  log: UserspaceLog | undefined,
  firstIndex: number,
): readonly ReportedEvent[] {
  return (log?.events ?? []).map((event, position) => ({
    index: firstIndex + position,
    pcr: event.pcr,
    type: event.type,
    digests: event.digests,
    description: event.description,
    digestMatchesData: userspaceDigestMatches(event),
  }));
}

function besidesPcrs({ nvPcrEvents, abortedAt }: UserspaceLog): EventlogReport['userspace'] {
  return {
    nvPcrEvents: nvPcrEvents.map(({ word: _word, ...event }) => event),
    abortedAt: abortedAt ?? null,
  };
}

/**
 * The report for people: a line an event, a mark where the event field belies its digest, and the
 * PCR values.
 */
export function renderEventlog(report: EventlogReport): string {
  const lines = [
    `${report.spec ?? 'SHA-1 log without Spec ID event'}, ${report.algorithms.join(', ')}, ` +
      `startup locality ${report.startupLocality}, ${report.events.length} events`,
    ...report.events.map(renderEvent),
    ...renderPcrs(report.pcrs),
  ];
  if (report.padding) lines.push(`${report.padding.size} bytes of padding ignored`);
  if (report.userspace?.abortedAt != null) {
    lines.push("systemd's log breaks off in its last record: PCR values may lack an extend");
  }
  return `${lines.join('\n')}\n`;
}

function renderEvent(event: ReportedEvent): string {
  const place = `${String(event.index).padStart(4)}  PCR ${String(event.pcr).padEnd(2)}`;
  const doubt = event.digestMatchesData === false ? '  ! the digest is not that of the data' : '';
  return `${place}  ${event.type}  ${event.description}${doubt}`;
}

function renderPcrs(pcrs: PcrValues): readonly string[] {
  return Object.entries(pcrs).flatMap(([bank, values]) => [
    `${bank}:`,
    ...Object.entries(values).map(([pcr, value]) => `  ${pcr.padEnd(2)}: ${value}`),
  ]);
}
