import { printable } from '../../bytes/format-error.ts';

/** Shortest fence that CommonMark knows (CommonMark 0.31, 4.5). */
const SHORTEST_FENCE = 3;

/** Nobody sees it, and a name behind it is no mention, a number no reference. */
const ZERO_WIDTH_SPACE = '\u200b';

/** A line of a block is cut at this length, in UTF-16 code units; the evidence has all of it. */
const LONGEST_LINE = 500;

/** A block is cut after as many lines. */
const MOST_LINES = 60;

/**
 * Foreign text as one block of Markdown in which nothing is Markdown, HTML, a mention or a reference: it is
 * fenced by more backticks than stand in it anywhere in a row.
 *
 * @param text any text, e.g. what a guest wrote; cut where it is long
 * @returns lines, the fences included
 */
export function inertBlock(text: string): readonly string[] {
  const lines = text.split('\n');
  const shown = lines.slice(0, MOST_LINES).map((line) => inertText(line, LONGEST_LINE));
  const more = lines.length - shown.length;
  const content = more > 0 ? [...shown, `… ${more} more lines`] : shown;
  const fence = fenceFor(content);
  return [`${fence}text`, ...content, fence];
}

/**
 * Foreign text as one line for a place that takes no fence: the title of an issue.
 *
 * @param text any text
 * @param longest where it is cut, in UTF-16 code units
 * @returns the text without control characters and lone surrogates, with no mention, reference, link, HTML or code
 */
export function inertLine(text: string, longest: number): string {
  return inertText(text, longest)
    .replace(/[`<>[\]*_~|\\]/g, '')
    .replace(/:(?=\/\/)|\bwww(?=\.)/gi, (start) => `${start}${ZERO_WIDTH_SPACE}`);
}

function inertText(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return printable(cut.toWellFormed())
    .replace(/@/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH_SPACE}`)
    .replace(/\bGH-(?=\d)/gi, (prefix) => `${prefix}${ZERO_WIDTH_SPACE}`);
}

function fenceFor(lines: readonly string[]): string {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []);
  const longest = Math.max(0, ...runs.map(({ length }) => length));
  return '`'.repeat(Math.max(SHORTEST_FENCE, longest + 1));
}
