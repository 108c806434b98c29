import { toHex } from '../../harness/bytes/hex.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import { DOSSIER_FILES, type Dossier, type DossierFile } from '../../harness/evidence/dossier.ts';
import { ALL_BANKS, type Bank, digestsOf, isBank, zeroPcr } from '../../harness/measure/bank.ts';
import { readEventLog } from '../../harness/measure/event-log.ts';
import { EVENT_TYPES, type EventTypeName } from '../../harness/measure/event-types.ts';
import { namedAlgorithm } from '../../harness/measure/log-algorithm.ts';
import type { LogEvent } from '../../harness/measure/log-event.ts';
import { replayLog } from '../../harness/measure/log-replay.ts';
import { readUserspaceLog } from '../../harness/measure/userspace-log.ts';
import { readPcrValues } from '../../harness/tpm/pcrread.ts';

/** How the evidence of a boot is changed: a dossier from a dossier. */
export type Doctor = (dossier: Dossier) => Dossier;

/** An event as it stands in a log. */
export type DoctoredEvent = Pick<LogEvent, 'pcr' | 'typeNumber' | 'digests' | 'data'>;

/** Values of PCRs, by bank and index. */
type Pcrs = Readonly<Partial<Record<Bank, Readonly<Record<number, string>>>>>;

/** A dossier with other bytes in one of its files. */
function withFile(dossier: Dossier, name: DossierFile, bytes: Uint8Array): Dossier {
  return {
    index: dossier.index,
    has: (other) => other === name || dossier.has(other),
    file: (other) =>
      other === name ? bytesSource(DOSSIER_FILES[name], bytes) : dossier.file(other),
  };
}

/** The text of a file of a dossier is changed. */
export function text(name: DossierFile, change: (text: string) => string): Doctor {
  return (dossier) => withFile(dossier, name, Buffer.from(change(textOf(dossier, name))));
}

/** A file of a dossier lacks its last bytes. */
export function cutOff(name: DossierFile, bytes: number): Doctor {
  return (dossier) => {
    const source = dossier.file(name);
    return withFile(dossier, name, source.read(0, source.size - bytes));
  };
}

/** PCRs are read otherwise than the logs tell. */
export function pcrs(change: (values: Pcrs) => Pcrs): Doctor {
  return (dossier) => withPcrs(dossier, change(readPcrValues(dossier.file('pcrs'))));
}

/** One PCR has a value that nothing explains, in every bank. */
export function otherPcr(index: number): Doctor {
  return pcrs((values) => mapBanks(values, (of, bank) => ({ ...of, [index]: foreign(bank) })));
}

/** The firmware's log tells of other events; the PCRs stay as they are. */
export function log(change: (events: readonly LogEvent[]) => readonly DoctoredEvent[]): Doctor {
  return (dossier) => withLog(dossier, change);
}

/** Other events took place: the firmware's log tells of them, and the PCRs hold them. */
export function events(change: (events: readonly LogEvent[]) => readonly DoctoredEvent[]): Doctor {
  return (dossier) => replayed(withLog(dossier, change));
}

/** systemd measured other things: its log tells of them, and the PCRs hold them. */
export function userspace(change: (records: readonly string[]) => readonly string[]): Doctor {
  return (dossier) => replayed(records(change)(dossier));
}

/** systemd's log tells of other things; the PCRs stay as they are. */
export function records(change: (records: readonly string[]) => readonly string[]): Doctor {
  return text('userspaceLog', (all) => {
    const parts = all.split(SEPARATOR).filter((part) => part !== '');
    return change(parts)
      .map((record) => `${SEPARATOR}${record}`)
      .join('');
  });
}

/** An event that nobody expects. */
export function event(pcr: number, type: EventTypeName, data: string): DoctoredEvent {
  const bytes = Buffer.from(data);
  return { pcr, typeNumber: EVENT_TYPES[type], data: bytes, digests: digestsOf(ALL_BANKS, bytes) };
}

/** A record of systemd's log: what it measures of a word. */
export function record(pcr: number, type: string, word: string): string {
  const digests = Object.entries(digestsOf(ALL_BANKS, Buffer.from(word)));
  return `${JSON.stringify({
    pcr,
    digests: digests.map(([hashAlg, digest]) => ({ hashAlg, digest })),
    content_type: 'systemd',
    content: { string: word, eventType: type },
  })}\n`;
}

/** RS, before each text of a sequence (RFC 7464). */
const SEPARATOR = '\u001e';

function textOf(dossier: Dossier, name: DossierFile): string {
  const source = dossier.file(name);
  return Buffer.from(source.read(0, source.size)).toString('utf8');
}

function mapBanks(
  values: Pcrs,
  change: (of: Readonly<Record<number, string>>, bank: Bank) => Readonly<Record<number, string>>,
): Pcrs {
  return Object.fromEntries(
    Object.entries(values).map(([bank, of]) => [bank, isBank(bank) ? change(of, bank) : of]),
  );
}

/** The text of `tpm2_pcrread`. */
function withPcrs(dossier: Dossier, values: Pcrs): Dossier {
  const lines = Object.entries(values).flatMap(([bank, of]) => [
    `  ${bank}:`,
    ...Object.entries(of).map(([pcr, value]) => `    ${pcr.padEnd(2)}: 0x${value.toUpperCase()}`),
  ]);
  return withFile(dossier, 'pcrs', Buffer.from(`${lines.join('\n')}\n`));
}

function withLog(
  dossier: Dossier,
  change: (events: readonly LogEvent[]) => readonly DoctoredEvent[],
): Dossier {
  const source = dossier.file('eventLog');
  const { events: all, algorithms } = readEventLog(source);
  const [, first] = all;
  if (first === undefined) throw new TypeError('a log without events');
  const parts = change(all.slice(1)).map((one) => agileRecord(one, algorithms));
  const bytes = Buffer.concat([source.read(0, first.offset), ...parts]);
  return withFile(dossier, 'eventLog', bytes);
}

/** TCG_PCR_EVENT2 (TCG EFI Protocol Specification 2.0, 5.2), with the digests that the log announces. */
function agileRecord(
  { pcr, typeNumber, digests, data }: DoctoredEvent,
  algorithms: readonly string[],
) {
  const told = algorithms.filter((name) => digests[name] !== undefined);
  const parts = told.flatMap((name) => [
    u16(namedAlgorithm(name)?.algId ?? 0),
    Buffer.from(digests[name] ?? '', 'hex'),
  ]);
  return Buffer.concat([
    u32(pcr),
    u32(typeNumber),
    u32(told.length),
    ...parts,
    u32(data.length),
    data,
  ]);
}

/** The PCRs as both logs replay them; those that no log tells of stay. */
function replayed(dossier: Dossier): Dossier {
  const firmware = readEventLog(dossier.file('eventLog'));
  const { events: later } = readUserspaceLog(dossier.file('userspaceLog'));
  const told = replayLog(firmware, later);
  const before = readPcrValues(dossier.file('pcrs'));
  return withPcrs(
    dossier,
    mapBanks(before, (of, bank) => ({ ...of, ...told[bank] })),
  );
}

function foreign(bank: Bank): string {
  return toHex(new Uint8Array(zeroPcr(bank).length / 2).fill(0xee));
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
