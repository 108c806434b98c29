import { FormatError } from '../bytes/format-error.ts';
import { decodeUtf16 } from '../bytes/utf16.ts';
import { isEventTypeName } from './event-types.ts';
import type { LogEvent } from './log-event.ts';
import { readVariableData } from './variable-data.ts';

/** What may have been hashed into an event's digests, as far as its event field tells. */
export type Preimages = {
  readonly candidates: readonly Uint8Array[];
  /**
   * Whether one of the candidates must be it. If not, the event field may as well be a mere label
   * of what was hashed.
   */
  readonly required: boolean;
};

/** Measured for a separator that reports an error, which its event field explains (PFP, Error Conditions). */
const ERROR_SEPARATOR = Uint8Array.of(1, 0, 0, 0);

/** What GRUB puts before the text that it measured (GRUB manual, Measured Boot; older: Fedora's). */
const GRUB_PREFIXES = [
  'grub_cmd: ',
  'kernel_cmdline: ',
  'module_cmdline: ',
  'grub_cmd ',
  'grub_kernel_cmdline ',
].map((prefix) => Buffer.from(prefix, 'latin1'));

/** Longest event field in which a section name of a UKI is looked for, in bytes. */
const LONGEST_SECTION_NAME = 64;

/**
 * What an event's digests may be digests of: the rules of TCG PC Client PFP 1.06, 10.4.1, table 27
 * for the firmware's event types, and what GRUB, shim and systemd-stub really log.
 */
export function preimagesOf(event: LogEvent): Preimages {
  const whole = event.data;
  switch (isEventTypeName(event.type) ? event.type : undefined) {
    case 'EV_NO_ACTION':
      return { candidates: [], required: false };
    case 'EV_SEPARATOR':
      return { candidates: [whole, ERROR_SEPARATOR], required: true };
    case 'EV_S_CRTM_VERSION':
    case 'EV_EFI_ACTION':
    case 'EV_EFI_GPT_EVENT':
    case 'EV_EFI_GPT_EVENT2':
    case 'EV_EFI_VARIABLE_DRIVER_CONFIG':
    case 'EV_EFI_VARIABLE_BOOT2':
    case 'EV_EFI_SPDM_DEVICE_POLICY':
    case 'EV_EFI_SPDM_DEVICE_AUTHORITY':
    case 'EV_OMIT_BOOT_DEVICE_EVENTS':
      return { candidates: [whole], required: true };
    case 'EV_EFI_VARIABLE_AUTHORITY':
      // Old shim logs one byte more than it measures (rhboot/shim issue 184).
      return { candidates: [whole, whole.subarray(0, -1)], required: true };
    case 'EV_EFI_VARIABLE_BOOT':
      // edk2 measures the variable's data, other firmware the whole structure.
      return { candidates: [...variableContent(event), whole], required: true };
    case 'EV_EVENT_TAG':
      return { candidates: [whole, whole.subarray(8)], required: false };
    case 'EV_IPL':
      return iplPreimages(whole);
    default:
      return { candidates: [whole], required: false };
  }
}

function variableContent({ data, dataOffset }: LogEvent): readonly Uint8Array[] {
  try {
    return [readVariableData('', data, dataOffset).data];
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}

function iplPreimages(whole: Uint8Array): Preimages {
  const prefix = GRUB_PREFIXES.find((bytes) => bytes.equals(whole.subarray(0, bytes.length)));
  if (prefix !== undefined) {
    // Without the NUL that ends it; the older ones measured that too.
    const text = whole.subarray(prefix.length);
    return { candidates: [text.subarray(0, -1), text], required: true };
  }
  const candidates = [whole, whole.subarray(0, -1), ...wholeUtf16(whole), ...sectionName(whole)];
  return { candidates, required: false };
}

/** Older systemd-boot logs its command line without the last byte of the NUL that it measures. */
function wholeUtf16(whole: Uint8Array): readonly Uint8Array[] {
  return whole.length % 2 === 1 ? [Uint8Array.of(...whole, 0)] : [];
}

/**
 * systemd-stub logs the name of a PE section in UTF-16 and measures it in ASCII with its NUL
 * (systemd, src/boot/stub.c); the content that it measures next goes by the same event field.
 */
function sectionName(whole: Uint8Array): readonly Uint8Array[] {
  if (whole.length > LONGEST_SECTION_NAME) return [];
  return [Buffer.from(decodeUtf16(whole), 'utf8')];
}
