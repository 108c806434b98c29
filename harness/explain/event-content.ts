import { FormatError } from '../bytes/format-error.ts';
import { fromHex } from '../bytes/hex.ts';
import { decodeUtf16 } from '../bytes/utf16.ts';
import { digestsOf, isBank } from '../measure/bank.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { safeText } from '../measure/event-text.ts';
import { readVariableData } from '../measure/variable-data.ts';

/** What an event measures, as far as it tells. */
export type Content = {
  readonly kind: ContentKind;
  /** Of a variable, section or userspace measurement its name, else empty. */
  readonly name: string;
  /** What is known of the measured bytes; absent where only digests are. */
  readonly bytes?: Uint8Array;
  readonly event: MeasuredEvent;
};

export type ContentKind =
  | 'variable'
  | 'boot variable'
  | 'authority'
  | 'partition table'
  | 'image'
  | 'section name'
  | 'section'
  | 'command line'
  | 'initrd'
  | 'ACPI data'
  | 'hand-off tables'
  | 'firmware version'
  | 'firmware volume'
  | 'userspace'
  | 'other';

/** PCRs of the firmware's configuration and of the UAPI Group's Linux TPM PCR Registry. */
const ACPI_PCR = 1;
const KERNEL_BOOT_PCR = 11;
const KERNEL_CONFIG_PCR = 12;

/** Tags of the Linux EFI stub (drivers/firmware/efi/libstub/efistub.h). */
const INITRD_TAG = 0x8f3b22ec;
const LOAD_OPTIONS_TAG = 0x8f3b22ed;

const KINDS: Readonly<Record<string, ContentKind>> = {
  EV_EFI_VARIABLE_DRIVER_CONFIG: 'variable',
  EV_EFI_VARIABLE_AUTHORITY: 'authority',
  EV_EFI_VARIABLE_BOOT: 'boot variable',
  EV_EFI_VARIABLE_BOOT2: 'boot variable',
  EV_EFI_GPT_EVENT: 'partition table',
  EV_EFI_GPT_EVENT2: 'partition table',
  EV_EFI_BOOT_SERVICES_APPLICATION: 'image',
  EV_EFI_BOOT_SERVICES_DRIVER: 'image',
  EV_EFI_RUNTIME_SERVICES_DRIVER: 'image',
  EV_EFI_HANDOFF_TABLES: 'hand-off tables',
  EV_EFI_HANDOFF_TABLES2: 'hand-off tables',
  EV_S_CRTM_VERSION: 'firmware version',
  EV_EFI_PLATFORM_FIRMWARE_BLOB: 'firmware volume',
  EV_EFI_PLATFORM_FIRMWARE_BLOB2: 'firmware volume',
};

/**
 * What the events of one PCR measure.
 *
 * @param events in order; systemd-stub tells what a section is by the event in front of it
 */
export function contentsOf(events: readonly MeasuredEvent[]): readonly Content[] {
  const contents: Content[] = [];
  for (const event of events) {
    const before = contents.at(-1);
    contents.push(
      event.type === 'EV_IPL' && before?.kind === 'section name'
        ? { kind: 'section', name: before.name, event }
        : contentOf(event),
    );
  }
  return contents;
}

/** By what an event is paired with one of the other side. */
export function topicOf({ kind, name, event }: Content): string {
  return kind === 'other' || kind === 'userspace'
    ? `${kind} ${event.type}`
    : kind === 'authority'
      ? kind
      : `${kind} ${name}`;
}

function contentOf(event: MeasuredEvent): Content {
  const bytes = event.data === undefined ? undefined : fromHex(event.data);
  if (!/^EV_|^0x/.test(event.type)) return { kind: 'userspace', name: wordOf(event), event };
  const kind = KINDS[event.type];
  if (kind === undefined) return byPcr(event, bytes);
  if (kind === 'variable' || kind === 'authority') return variable(event, kind, bytes);
  return kind === 'boot variable' ? bootVariable(event, bytes) : plain(kind, event, bytes);
}

/** Events whose type leaves open what they measure. */
function byPcr(event: MeasuredEvent, bytes: Uint8Array | undefined): Content {
  switch (`${event.type} ${event.pcr}`) {
    case `EV_PLATFORM_CONFIG_FLAGS ${ACPI_PCR}`:
      return plain('ACPI data', event, event.description === 'ACPI DATA' ? undefined : bytes);
    case `EV_IPL ${KERNEL_CONFIG_PCR}`:
      return plain('command line', event, bytes);
    case `EV_IPL ${KERNEL_BOOT_PCR}`: {
      const name = sectionNameOf(event, bytes);
      if (name === undefined) return plain('other', event, bytes);
      return { kind: 'section name', name, event };
    }
    default:
      return event.type === 'EV_EVENT_TAG' ? tagged(event, bytes) : plain('other', event, bytes);
  }
}

function plain(kind: ContentKind, event: MeasuredEvent, bytes: Uint8Array | undefined): Content {
  return { kind, name: '', event, ...(bytes && { bytes }) };
}

function wordOf({ type, description }: MeasuredEvent): string {
  return type === 'phase' ? description.replace(/^phase /, '') : description;
}

function variable(
  event: MeasuredEvent,
  kind: 'variable' | 'authority',
  bytes: Uint8Array | undefined,
): Content {
  const read = bytes && variableOf(bytes);
  if (read === undefined) return { kind, name: beforeColon(event), event };
  return { kind, name: read.name, bytes: read.data, event };
}

/** Firmware logs UEFI_VARIABLE_DATA; what edk2 measures is the data alone. */
function bootVariable(event: MeasuredEvent, bytes: Uint8Array | undefined): Content {
  const kind = 'boot variable';
  const read = bytes && variableOf(bytes);
  if (read !== undefined && /^[A-Za-z0-9]{4,32}$/.test(read.name)) {
    return { kind, name: read.name, bytes: read.data, event };
  }
  const [name = ''] = /^\w+/.exec(event.description) ?? [];
  return { kind, name, event, ...(bytes && { bytes }) };
}

/** A log has a structure with the tag, a forecast the measured bytes. */
function tagged(event: MeasuredEvent, bytes: Uint8Array | undefined): Content {
  const tag = bytes && bytes.length >= 8 ? Buffer.from(bytes).readUInt32LE(0) : undefined;
  if (tag === LOAD_OPTIONS_TAG) return { kind: 'command line', name: '', event };
  if (tag === INITRD_TAG) return { kind: 'initrd', name: '', event };
  if (event.description.startsWith('command line (') && bytes) {
    return { kind: 'command line', name: '', event, bytes };
  }
  const kind = event.description.startsWith('initrd (') ? 'initrd' : 'other';
  return { kind, name: '', event };
}

/** A forecast has the measured name and its NUL, a log the name in UTF-16: the digest tells. */
function sectionNameOf(
  { digests }: MeasuredEvent,
  bytes: Uint8Array | undefined,
): string | undefined {
  if (bytes === undefined || bytes.length > 64) return undefined;
  const names = [Buffer.from(bytes).toString('latin1'), decodeUtf16(bytes)];
  const texts = names.map((name) => name.replace(/\0+$/, '')).filter((name) => name !== '');
  return texts.find((name) => {
    const [bank, digest] = Object.entries(digests).find(([one]) => isBank(one)) ?? [];
    if (bank === undefined || !isBank(bank)) return false;
    return digestsOf([bank], Buffer.from(`${name}\0`))[bank] === digest;
  });
}

function variableOf(bytes: Uint8Array) {
  try {
    return readVariableData('', bytes, 0);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function beforeColon({ description }: MeasuredEvent): string {
  return description.split(':', 1)[0] ?? '';
}

/** What an event measures, for people: one line that is safe for a terminal. */
export function describeContent({ kind, name, event }: Content): string {
  const text = kind === 'userspace' ? name : event.description;
  return safeText(text) || 'nothing that is told';
}
