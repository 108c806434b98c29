import { printable } from '../../harness/bytes/format-error.ts';
import { DOSSIER_FILES, type Dossier } from '../../harness/evidence/dossier.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';

/**
 * Judges whether the kernel really ran with a word on its command line: a changed UKI that was not
 * the one that booted would prove nothing.
 */
export function judgeCmdline(dossier: Dossier, word: string): Judgement {
  const source = dossier.file('cmdline');
  const cmdline = Buffer.from(source.read(0, source.size)).toString('utf8').trim();
  const used = cmdline.split(' ').includes(word);
  return {
    state: used ? 'pass' : 'vacuous',
    sentence: used ? `the kernel ran with ${word}` : `the kernel did not run with ${word}`,
    expected: `a command line with ${word}`,
    observed: printable(cmdline),
    witness: 'guest command',
    file: DOSSIER_FILES.cmdline,
  };
}
