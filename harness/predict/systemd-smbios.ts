import { type ByteSource, readRange } from '../bytes/source.ts';
import { readOvmfSmbios } from '../formats/ovmf-smbios.ts';
import type { PeImage } from '../formats/pe.ts';
import { type SmbiosStructure, smbiosStructureBytes } from '../formats/smbios-structures.ts';
import { digestsOf } from '../measure/bank.ts';
import type { MeasuringAgent } from '../measure/event.ts';
import { type Contribution, computed, unknown } from './contribution.ts';
import type { Firmware } from './firmware/firmware.ts';
import { smbiosTable } from './platform/smbios-table.ts';
import type { Platform } from './platform.ts';
import type { Forecast } from './prediction.ts';
import { systemdBootVersion } from './systemd-boot/systemd-boot.ts';

/** TPM2_PCR_PLATFORM_CONFIG (TCG PC Client Platform Firmware Profile, 3.3.4.2: host platform configuration). */
const PCR = 1;

/** Where a program keeps the names of variables and events, and how large that is at most. */
const NAMES_SECTION = '.rodata';
const MAX_NAMES_BYTES = 1 << 20;

/** A program that knows this variable measures objects of SMBIOS, unless one before it has done so. */
const VARIABLE = 'LoaderPcrSMBIOS';

/** Types of structures that may be measured: a program that does has a name for the event. */
const TYPES = [1, 2, 11];

/** System Information, and in it the byte that says what has woken the machine, from the structure's start. */
const SYSTEM_INFORMATION = 1;
const WAKE_UP_TYPE = 0x18;
const HEADER_BYTES = 4;

/** A program that the firmware has loaded. */
type Program = { readonly source: ByteSource; readonly pe: PeImage };

/**
 * Forecasts the objects of SMBIOS that systemd measures before the kernel starts: the first of its programs on
 * the way that can does. Nothing else extends PCR 1 from the first program until the kernel starts.
 *
 * @param forecast which banks
 * @param programs what the firmware loads, in order
 * @param firmware which makes a table of its own of QEMU's
 * @param platform QEMU's SMBIOS table
 * @throws FormatError where QEMU's table, or a file of the firmware, is damaged
 * @see systemd src/boot/measure-smbios.c, v261 and later
 */
export function systemdSmbiosEvents(
  { banks }: Forecast,
  programs: readonly Program[],
  { build }: Pick<Firmware, 'build'>,
  { fwCfg }: Platform,
): Contribution {
  const measuring = programs.find((program) => namesOf(program).includes(named(VARIABLE)));
  if (measuring === undefined) return computed();
  const anchor = fwCfg?.get('etc/smbios/smbios-anchor');
  const tables = fwCfg?.get('etc/smbios/smbios-tables');
  if (fwCfg === undefined) return unmade('QEMU makes for this machine');
  if (anchor === undefined || tables === undefined) return computed();
  // Type 0, whose strings may not be known, is not among those that are measured.
  const biosStrings = readOvmfSmbios(build).biosStrings ?? ['', '', ''];
  const table = smbiosTable({ anchor, tables }, biosStrings);
  if (table === undefined) return unmade('this firmware makes of QEMU’s');
  const names = namesOf(measuring);
  const { source, pe } = measuring;
  const isLoader = systemdBootVersion(source, pe) !== undefined;
  const agent: MeasuringAgent = isLoader ? 'systemd-boot' : 'systemd-stub';
  const measured = table.filter(
    ({ type }) => TYPES.includes(type) && names.includes(named(eventName(type))),
  );
  return computed(
    ...measured.map((structure) => ({
      pcr: PCR,
      type: 'EV_EVENT_TAG',
      agent,
      description: `SMBIOS structure of type ${structure.type} (${eventName(structure.type)})`,
      digests: digestsOf(banks, measuredBytesOf(structure)),
    })),
  );
}

function unmade(whose: string): Contribution {
  const reason = `systemd measures objects of the SMBIOS table that ${whose}, which is not known`;
  return unknown([PCR], reason);
}

function eventName(type: number): string {
  return `smbios:type${type}`;
}

function named(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'utf16le');
}

function namesOf({ source, pe }: Program): Buffer {
  const section = pe.sections.find(({ name }) => name === NAMES_SECTION);
  if (section === undefined) return Buffer.alloc(0);
  const size = Math.min(section.rawSize, MAX_NAMES_BYTES);
  return Buffer.from(readRange(source, section.rawOffset, size, NAMES_SECTION));
}

/** A structure with its strings; what has woken the machine is no part of it. */
function measuredBytesOf(structure: SmbiosStructure): Uint8Array {
  const bytes = smbiosStructureBytes(structure);
  const formatted = HEADER_BYTES + structure.fields.length;
  if (structure.type === SYSTEM_INFORMATION && formatted > WAKE_UP_TYPE) bytes[WAKE_UP_TYPE] = 0;
  return bytes;
}
