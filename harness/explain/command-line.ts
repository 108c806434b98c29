import { decodeUtf16, encodeUtf16 } from '../bytes/utf16.ts';
import { digestsOf, isBank } from '../measure/bank.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import type { Content } from './event-content.ts';

/** How a command line is stored where it is measured: with which terminator, in which encoding. */
const FORMS: readonly ((text: string) => Uint8Array)[] = [
  (text) => encodeUtf16(`${text}\0`),
  (text) => encodeUtf16(text),
  ...['', '\0', '\n', '\n\0', ' '].map((end) => (text: string) => Buffer.from(`${text}${end}`)),
];

/** Words that are added to command lines by hand; each is only believed where the digest says so. */
const COMMON_WORDS = [
  'debug',
  'quiet',
  'splash',
  'ro',
  'rw',
  'single',
  'rescue',
  'emergency',
  'noinitrd',
  'nokaslr',
  'nomodeset',
  'init=/bin/sh',
  'init=/bin/bash',
  'console=ttyS0',
  'selinux=0',
  'systemd.debug_shell',
  'systemd.log_level=debug',
];

/** Texts with more words, or longer, are not varied: that would cost a hash for each. */
const MOST_WORDS = 256;
const LONGEST_TEXT = 4096;

/** The text that an event of a command line carries. */
export function commandLineOf({ kind, bytes }: Content): string | undefined {
  if (kind !== 'command line' || bytes === undefined) return undefined;
  return decodeUtf16(bytes).replace(/\0.*$/s, '');
}

/**
 * Whether an event measures a text.
 *
 * @param text a command line
 * @param event a section of a UKI, or load options
 */
export function measures(text: string, { digests }: MeasuredEvent): boolean {
  return formOf(text, digests) !== undefined;
}

/**
 * Finds the text behind a digest by varying a known one: a word less, or one of the words that
 * people add. What comes out is certain, for it has the digest.
 *
 * @param known a text, and an event that measures it
 * @param other the event whose text is sought
 * @returns `undefined` where no variation has the digest
 */
export function findVariation(
  known: { readonly text: string; readonly event: MeasuredEvent },
  other: MeasuredEvent,
): string | undefined {
  const form = formOf(known.text, known.event.digests);
  if (form === undefined || known.text.length > LONGEST_TEXT) return undefined;
  return variationsOf(known.text).find((text) => hasDigest(form(text), other.digests));
}

function formOf(text: string, digests: MeasuredEvent['digests']) {
  return FORMS.find((form) => hasDigest(form(text), digests));
}

function hasDigest(bytes: Uint8Array, digests: MeasuredEvent['digests']): boolean {
  const bank = Object.keys(digests).filter(isBank).at(-1);
  return bank !== undefined && digestsOf([bank], bytes)[bank] === digests[bank];
}

function variationsOf(text: string): readonly string[] {
  const words = text.split(' ');
  if (words.length > MOST_WORDS) return [];
  return [
    ...words.map((_, at) => words.toSpliced(at, 1).join(' ')),
    ...COMMON_WORDS.flatMap((word) => [`${text} ${word}`, `${word} ${text}`]),
  ];
}
