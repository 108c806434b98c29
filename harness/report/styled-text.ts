import { styleText } from 'node:util';
import { printable } from '../bytes/format-error.ts';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** A piece of a line that looks different where there are colours. */
type StyledText = { readonly style: Style; readonly text: string };

/** One line for a terminal. */
export type Line = readonly (string | StyledText)[];

/** A piece of a {@link Line} with a style. */
export function styled(style: Style, text: string): StyledText {
  return { style, text };
}

/**
 * Lines as a terminal gets them. Control characters of the texts themselves, which may come from a
 * guest, are written out; nothing but the styles acts on the terminal.
 *
 * @param colours whether the terminal shows colours
 */
export function renderLines(lines: readonly Line[], colours: boolean): string {
  return lines.map((line) => `${line.map((piece) => render(piece, colours)).join('')}\n`).join('');
}

function render(piece: string | StyledText, colours: boolean): string {
  if (typeof piece === 'string') return printable(piece);
  const text = printable(piece.text);
  return colours ? styleText(piece.style, text, { validateStream: false }) : text;
}
