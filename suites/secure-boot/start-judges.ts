import { createHash } from 'node:crypto';
import { encodeUtf16 } from '../../harness/bytes/utf16.ts';
import { type GivenWord, judgeIgnored, judgeTaken } from '../../harness/judge/judge-given-word.ts';
import { type JudgedStart, judgePart } from '../../harness/judge/judge-stub-start.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { DIRECT_BOOT_FILES as FILES } from '../../harness/vm/direct-boot-run.ts';
import { WORDS } from './stub-cases.ts';
import { ADDONS } from './stub-images.ts';

/** Starts that a requirement is judged by, each by its own name. */
export type Starts<Name extends string> = Readonly<Record<Name, JudgedStart>>;

/** The stub measures addons together (systemd src/boot/stub.c, load_addons). */
const SIGNED_ADDONS = `${WORDS.globalAddon} ${WORDS.addon}`;
const ALL_ADDONS = `${SIGNED_ADDONS} ${WORDS.unsignedAddon}`;

/** What the stub measures of the second profile when it is chosen. */
const PROFILE = measuredText('1');

/** A command line that is given to a UKI. */
export function judgeGiven({
  own,
  none,
  off,
}: Starts<'own' | 'none' | 'off'>): readonly Judgement[] {
  const given = wordIn(WORDS.given);
  const isProfileChosen = own.extended.some(({ pcr, sha256 }) => pcr === 12 && sha256 === PROFILE);
  const reached = isProfileChosen
    ? 'the stub took the number of the profile from the same load options'
    : undefined;
  return [
    ...judgeIgnored(own, given, off, reached, FILES),
    ...judgeTaken(none, given, FILES),
    ...judgeTaken(off, given, FILES),
  ];
}

/** What the host adds by SMBIOS for the stub, and for systemd-boot. */
export function judgeSmbios({
  direct,
  uki,
  kernel,
}: Starts<'direct' | 'uki' | 'kernel'>): readonly Judgement[] {
  const stub = wordIn(WORDS.smbios);
  const loader = wordIn(WORDS.loader, `${WORDS.entry} ${WORDS.loader}`);
  const tableIn = ({ commandLine }: JudgedStart, { word }: GivenWord) =>
    commandLine.includes(word) ? `the table was read, as ${word} of it counts` : undefined;
  return [
    ...judgeTaken(direct, stub, FILES),
    ...judgeTaken(uki, stub, FILES),
    ...judgeTaken(kernel, loader, FILES),
    ...judgeIgnored(uki, loader, kernel, tableIn(uki, stub), FILES),
    ...judgeIgnored(kernel, stub, uki, tableIn(kernel, loader), FILES),
  ];
}

/** Addons that somebody signed, and one that nobody did. */
export function judgeAddons({ start, off }: Starts<'start' | 'off'>): readonly Judgement[] {
  const unsigned = wordIn(WORDS.unsignedAddon, ALL_ADDONS);
  const refusal = start.console.find((line) =>
    line.includes(`Failed to read '${ADDONS.unsigned}'`),
  );
  const reached = refusal && `the stub says: ${refusal.slice(refusal.indexOf('Failed')).trim()}`;
  return [
    ...judgeTaken(start, wordIn(WORDS.globalAddon, SIGNED_ADDONS), FILES),
    ...judgeTaken(start, wordIn(WORDS.addon, SIGNED_ADDONS), FILES),
    ...judgeIgnored(start, unsigned, off, reached, FILES),
  ];
}

/** Credentials of one UKI, and of all. */
export function judgeCredentials({
  start,
  without,
}: Starts<'start' | 'without'>): readonly Judgement[] {
  return ['initrd with credentials', 'initrd with global_credentials'].map((what) =>
    judgePart(start, without, { pcr: 12, what }, FILES),
  );
}

/** A word, and what is measured where it counts. */
function wordIn(word: string, text = word): GivenWord {
  return { word, measured: measuredText(text) };
}

/** A text with its NUL, in UTF-16 (systemd src/boot/measure.c, tpm_log_load_options). */
function measuredText(text: string): string {
  return createHash('sha256')
    .update(encodeUtf16(`${text}\0`))
    .digest('hex');
}
