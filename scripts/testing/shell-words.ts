/** The commands of a script of plain lines: words, quotes taken off, without what redirects or decides. */
export function commandsOf(script: string): readonly (readonly string[])[] {
  return script
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.split(/\|\||&&|[;|]/))
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/** Words of one command, up to where it is redirected. */
function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => /^[<>#]|^\d?>/.test(word));
  return (end < 0 ? words : words.slice(0, end)).map((word) => word.replaceAll(/["']/g, ''));
}

/**
 * The words of `cvm` in a command, however it is started.
 *
 * @returns `undefined` where it is another command
 */
export function cvmWords(words: readonly string[]): readonly string[] | undefined {
  const [first, ...others] = words;
  if (first === 'sudo') return cvmWords(others);
  if (first === 'scripts/cvm' || first === 'cvm') return others;
  if (first === 'npm' && words[2] === 'conformance') return ['conformance', ...words.slice(4)];
  return undefined;
}
