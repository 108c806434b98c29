import { alignSequences } from '../measure/align-sequences.ts';
import { safeText } from '../measure/event-text.ts';

/** More than any command line has; what is behind them is not looked at. */
const MOST_COMPARED = 1024;

/** A sentence names its first words only. */
const MOST_WORDS = 8;

/**
 * What differs between two texts that are made of words, such as command lines.
 *
 * @param a one text
 * @param b the other
 * @returns e.g. `has an extra word: debug`, `has root=/dev/b instead of root=/dev/a`
 */
export function wordDifference(a: string, b: string): string {
  const [ofA, ofB] = [words(a), words(b)];
  const matches = alignSequences(ofA, ofB);
  const inBoth = { a: new Set(matches.map(([x]) => x)), b: new Set(matches.map(([, y]) => y)) };
  const removed = ofA.filter((_, at) => !inBoth.a.has(at));
  const added = ofB.filter((_, at) => !inBoth.b.has(at));
  if (removed.length + added.length === 0)
    return 'has the same words, but other white space or another end';
  if ([...removed].sort().join(' ') === [...added].sort().join(' ')) {
    return `has the same words in another order: ${shown(added)} moved`;
  }
  const changed = added.flatMap((word) => {
    const old = removed.find((one) => isSetting(one) && keyOf(one) === keyOf(word));
    return old === undefined || !isSetting(word) || old === word ? [] : [{ old, word }];
  });
  const [gone, come] = [
    removed.filter((word) => !changed.some(({ old }) => old === word)),
    added.filter((one) => !changed.some(({ word }) => one === word)),
  ];
  return [
    ...changed
      .slice(0, MOST_WORDS)
      .map(({ old, word }) => safeText(`has ${word} instead of ${old}`)),
    ...(come.length === 0
      ? []
      : [`has ${come.length === 1 ? 'an extra word' : 'extra words'}: ${shown(come)}`]),
    ...(gone.length === 0
      ? []
      : [`lacks the ${gone.length === 1 ? 'word' : 'words'}: ${shown(gone)}`]),
  ].join(', ');
}

function words(text: string): readonly string[] {
  return text
    .split(/[\s\0]+/)
    .filter((word) => word !== '')
    .slice(0, MOST_COMPARED);
}

function isSetting(word: string): boolean {
  return word.includes('=');
}

function keyOf(word: string): string {
  return word.slice(0, word.indexOf('='));
}

function shown(list: readonly string[]): string {
  const more = list.length > MOST_WORDS ? ` and ${list.length - MOST_WORDS} more` : '';
  return safeText(list.slice(0, MOST_WORDS).join(' ')) + more;
}
