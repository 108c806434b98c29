import { readFileSync } from 'node:fs';
import { bytesSource } from '../../bytes/source.ts';
import type { EfiVariable } from '../../formats/efi-variable.ts';
import type { Bank } from '../../measure/bank.ts';
import type { ExpectedEvent, MeasuredEvent } from '../../measure/event.ts';
import { readEventLog } from '../../measure/event-log.ts';

const FOLDER = new URL('../../../../shared/fixtures/', import.meta.url);

/** The banks of the recorded boots. */
export const RECORDED_BANKS = ['sha1', 'sha256', 'sha384'] as const satisfies readonly Bank[];

/** An event of a log, with its event field. */
type RecordedEvent = Omit<MeasuredEvent, 'data'> & { readonly data: Uint8Array };

/** What is compared of an event. */
type MeasuredPart = Pick<MeasuredEvent, 'pcr' | 'type' | 'digests'>;

/** What a boot measured, and the variables that it had. */
export type RecordedBoot = {
  readonly events: readonly RecordedEvent[];
  readonly variables: readonly EfiVariable[];
};

/** A boot of the fixtures. */
export function recordedBoot(name: string): RecordedBoot {
  const log = readFileSync(new URL(`boots/${name}/binary_bios_measurements`, FOLDER));
  const tar = readFileSync(new URL(`boots/${name}/efivars.tar`, FOLDER));
  const { events } = readEventLog(bytesSource(name, log));
  return {
    events: events.map((event) => ({ ...event, description: '' })),
    variables: [...readTar(tar)].map(([path, content]) => efivarsFile(path, content)),
  };
}

/** What is compared of an event. */
export function measuredPart({ pcr, type, digests }: MeasuredPart) {
  return { pcr, type, digests };
}

/** A recorded event as if it had been forecast. */
export function asExpected(event: MeasuredPart): ExpectedEvent {
  return { ...measuredPart(event), description: '', agent: 'firmware' };
}

/** A variable as a file of efivarfs: `NAME-GUID`, 4 bytes of attributes and the data. */
export function efivarsFile(path: string, content: Uint8Array): EfiVariable {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return {
    name: file.slice(0, -37),
    guid: file.slice(-36),
    attributes: Buffer.from(content).readUInt32LE(0),
    data: content.subarray(4),
    timestamp: undefined,
  };
}

/** The regular files of an archive. */
function* readTar(tar: Uint8Array): Generator<[path: string, content: Uint8Array], void> {
  const text = (start: number, end: number) =>
    Buffer.from(tar.subarray(start, end)).toString('latin1').replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    if (text(at + 156, at + 157) === '0') {
      yield [text(at, at + 100), tar.subarray(at + 512, at + 512 + size)];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
