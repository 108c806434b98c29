import { safeText } from '../measure/event-text.ts';
import { type Content, type ContentKind, describeContent } from './event-content.ts';
import type { Input, Words } from './explanation.ts';

/**
 * Says that only one side has an event.
 *
 * @param content what it measures
 * @param side `b` where side A lacks it, `a` where side B does
 */
export function wordsOfOne(content: Content, side: 'a' | 'b'): Words {
  const what = nameOf(content);
  const sentence =
    side === 'b' ? `there is an extra event: ${what}` : `an event is missing: ${what}`;
  return { sentence, input: isSmbiosObject(content) ? 'boot image' : inputOf(content) };
}

/** What systemd's programs measure of SMBIOS: which of them do is a matter of their version. */
function isSmbiosObject({ kind, event }: Content): boolean {
  return kind === 'other' && event.type === 'EV_EVENT_TAG' && event.pcr === PLATFORM_PCR;
}

/** TPM2_PCR_PLATFORM_CONFIG (UAPI Group, Linux TPM PCR Registry). */
const PLATFORM_PCR = 1;

function nameOf(content: Content): string {
  const { kind, name, event } = content;
  const text = describeContent(content);
  switch (kind) {
    case 'section name':
    case 'section':
      return `the UKI's section ${safeText(name)}`;
    case 'userspace':
      return `${safeText(event.type)} ${text}`;
    case 'other':
      return `${safeText(event.type)} ${text}`;
    case 'ACPI data':
    case 'initrd':
      return kind;
    default:
      return `${kind} ${text}`;
  }
}

const INPUTS: Readonly<Record<ContentKind, Input>> = {
  variable: 'variable store',
  'boot variable': 'machine',
  authority: 'boot image',
  'partition table': 'disk',
  image: 'boot image',
  'section name': 'UKI',
  section: 'UKI',
  'command line': 'command line',
  initrd: 'initrd',
  'ACPI data': 'machine',
  'hand-off tables': 'machine',
  'firmware version': 'firmware',
  'firmware volume': 'firmware',
  userspace: 'operating system',
  other: 'unknown',
};

/** What an event comes from, by what it measures. */
export function inputOf(content: Content): Input {
  const { kind, event } = content;
  if (isSmbiosObject(content)) return 'machine';
  if (event.type === 'phase') return 'phases';
  if (kind === 'other' && event.type === 'EV_EFI_ACTION') return actionInput(event.description);
  return INPUTS[kind];
}

/** A boot option that came back, or a kernel that had to ask twice. */
function actionInput(text: string): Input {
  return text.startsWith('Exit Boot Services') ? 'firmware' : 'boot image';
}
