/** What no POSIX shell takes for anything else. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word of a command line, so that a POSIX shell reads it as one (POSIX.1-2024, 2.2.2). */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
