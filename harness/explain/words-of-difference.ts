import { safeText } from '../measure/event-text.ts';
import { shownBank } from '../measure/shown-bank.ts';
import { acpiDifference } from './acpi-difference.ts';
import { bootVariableDifference } from './boot-variable-difference.ts';
import { commandLineOf } from './command-line.ts';
import { type Content, type ContentKind, describeContent } from './event-content.ts';
import type { Words } from './explanation.ts';
import { partitionTableDifference } from './partition-table-difference.ts';
import { signatureDatabaseDifference, signatureName } from './signature-database-difference.ts';
import { wordDifference } from './word-difference.ts';
import { inputOf } from './words-of-one.ts';

/** Bytes of the owner's GUID in front of a certificate (UEFI 2.11, 32.4.1, EFI_SIGNATURE_DATA). */
const OWNER_BYTES = 16;

type Explain = (a: Content, b: Content, hardware: string | undefined) => Words;

const EXPLAINERS: Readonly<Partial<Record<ContentKind, Explain>>> = {
  variable: explainVariable,
  'boot variable': explainBootVariable,
  authority: explainAuthority,
  'partition table': explainPartitionTable,
  image: explainImage,
  section: explainSection,
  'command line': explainCommandLine,
  initrd: () => ({
    sentence:
      'the initrd differs, or what the boot loader adds to it (credentials, microcode, addons)',
    input: 'initrd',
  }),
  'ACPI data': explainAcpi,
  'hand-off tables': (_a, _b, hardware) => ({
    sentence: `the SMBIOS tables differ: ${hardware ?? "the machine's UUID, memory, vCPUs or QEMU's version"}`,
    input: 'machine',
  }),
  'firmware version': (a, b) => ({
    sentence: `the firmware's version differs: ${describeContent(a)} → ${describeContent(b)}`,
    input: 'firmware',
  }),
  'firmware volume': explainVolume,
  userspace: explainUserspace,
};

/**
 * Says what differs between two events that stand in each other's place.
 *
 * @param a what one side measured
 * @param b what the other side measured instead
 * @param hardware what differs between their machines, where that is known
 */
export function wordsOfDifference(a: Content, b: Content, hardware: string | undefined): Words {
  const explain = a.kind === b.kind ? EXPLAINERS[a.kind] : undefined;
  if (explain !== undefined) return explain(a, b, hardware);
  const sentence = `${safeText(a.event.type)} differs: ${describeContent(a)} → ${describeContent(b)}`;
  return { sentence, input: inputOf(b) };
}

function explainVariable(a: Content, b: Content): Words {
  const name = safeText(a.name);
  if (a.bytes === undefined || b.bytes === undefined) {
    return {
      sentence: `${name} differs: ${describeContent(a)} → ${describeContent(b)}`,
      input: 'variable store',
    };
  }
  if (a.name !== 'SecureBoot') {
    return {
      sentence: signatureDatabaseDifference(name, a.bytes, b.bytes),
      input: 'variable store',
    };
  }
  const [ofA, ofB] = [secureBootText(a.bytes), secureBootText(b.bytes)];
  const isAbsent = ofA === 'absent' || ofB === 'absent';
  const why = isAbsent ? ' (absent: the firmware was built without it)' : '';
  return {
    sentence: `Secure Boot differs: ${ofA} → ${ofB}${why}`,
    input: isAbsent ? 'firmware' : 'variable store',
  };
}

/** UEFI 2.11, 3.3: SecureBoot is one byte, 1 where it is on. */
function secureBootText(value: Uint8Array): string {
  if (value.length === 0) return 'absent';
  return value[0] === 1 ? 'on' : 'off';
}

function explainBootVariable(a: Content, b: Content): Words {
  const sentence =
    a.bytes && b.bytes
      ? bootVariableDifference(a.name, a.bytes, b.bytes)
      : `${safeText(a.name)} differs: ${describeContent(a)} → ${describeContent(b)}`;
  return { sentence, input: 'machine' };
}

function explainAuthority(a: Content, b: Content): Words {
  const sentence = `what allows an image differs: ${authorityText(a)} → ${authorityText(b)}`;
  return { sentence, input: 'boot image' };
}

function authorityText({ name, bytes, event }: Content): string {
  if (bytes === undefined || !/^(db|MokList\w*|Shim|vendor_db)$/.test(name)) {
    return safeText(event.description);
  }
  return `${safeText(name)} ${signatureName(bytes.subarray(bytes[0] === 0x30 ? 0 : OWNER_BYTES))}`;
}

function explainPartitionTable(a: Content, b: Content): Words {
  const sentence =
    a.bytes && b.bytes ? partitionTableDifference(a.bytes, b.bytes) : 'the partition table differs';
  return { sentence, input: 'disk' };
}

function explainImage(a: Content, b: Content): Words {
  const isSameFile = fileOf(a) !== undefined && fileOf(a) === fileOf(b);
  const sentence = isSameFile
    ? `${fileOf(a)} has another content: Authenticode ${digestTexts(a, b)}`
    : `another image is started: ${describeContent(a)} → ${describeContent(b)}, Authenticode ${digestTexts(a, b)}`;
  return { sentence, input: 'boot image' };
}

/** The path on the partition, at the end of a device path. FAT does not tell cases apart. */
function fileOf({ event }: Content): string | undefined {
  const [path] = /\\[^,/]*/.exec(event.description) ?? [];
  return path?.toUpperCase();
}

function explainSection(a: Content, b: Content): Words {
  const name = safeText(a.name);
  if (a.bytes === undefined || b.bytes === undefined) {
    const sentence = `the UKI's ${name} differs: ${digestTexts(a, b)}`;
    return { sentence, input: 'UKI' };
  }
  const [ofA, ofB] = [a, b].map(({ bytes }) => Buffer.from(bytes ?? []).toString('utf8'));
  return { sentence: `the UKI's ${name} ${wordDifference(ofA ?? '', ofB ?? '')}`, input: 'UKI' };
}

function explainCommandLine(a: Content, b: Content): Words {
  const [ofA, ofB] = [commandLineOf(a), commandLineOf(b)];
  const sentence =
    ofA === undefined || ofB === undefined
      ? `the command line differs: ${digestTexts(a, b)}`
      : `the command line ${wordDifference(ofA, ofB)}`;
  return { sentence, input: 'command line' };
}

function explainAcpi(a: Content, b: Content, hardware: string | undefined): Words {
  const name = a.event.description === 'ACPI DATA' ? '' : ` (${describeContent(a)})`;
  const tables = a.bytes && b.bytes && acpiDifference(a.bytes, b.bytes);
  const why = hardware ?? tables ?? "memory, vCPUs, devices or QEMU's version";
  return { sentence: `the ACPI tables differ${name}: ${why}`, input: 'machine' };
}

/** Some builds leave addresses in their volume that follow from memory and vCPUs. */
function explainVolume(a: Content, b: Content, hardware: string | undefined): Words {
  const volumes = `${describeContent(a)} → ${describeContent(b)}, ${digestTexts(a, b)}`;
  const machine = hardware === undefined ? '' : ` (the machines differ: ${hardware})`;
  return { sentence: `a firmware volume differs: ${volumes}${machine}`, input: 'firmware' };
}

function explainUserspace(a: Content, b: Content): Words {
  const sentence = `${safeText(a.event.type)} differs: ${describeContent(a)} → ${describeContent(b)}`;
  return { sentence, input: a.event.type === 'phase' ? 'phases' : 'operating system' };
}

/** Start of a digest in the strongest bank. */
/** Both sides' digests, in the same bank. */
function digestTexts(a: Content, b: Content): string {
  const bank = shownBank(a.event.digests, b.event.digests);
  if (bank === undefined) return 'digests of different banks';
  const [ofA, ofB] = [a, b].map(({ event }) => `${event.digests[bank]?.slice(0, 16)}…`);
  return `${bank} ${ofA} → ${ofB}`;
}
