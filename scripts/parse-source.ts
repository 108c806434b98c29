import { type ParseResult, parseSync } from 'oxc-parser';

/** A TypeScript file as its syntax tree. */
export type ParsedSource = {
  readonly program: ParseResult['program'];
  /** Line of a place in the text, counted from 1. */
  readonly lineOf: (place: { readonly start: number }) => number;
};

/**
 * Parses a TypeScript file.
 *
 * @param file its name, for errors
 * @throws SyntaxError where the text is no TypeScript
 */
export function parseSource(file: string, text: string): ParsedSource {
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  return { program, lineOf: ({ start }) => text.slice(0, start).split('\n').length };
}
