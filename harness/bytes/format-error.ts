/** What a reader expected at one place of a file, and what stood there instead. */
export type FormatProblem = {
  /** Name of the file as the user gave it. */
  readonly file: string;
  /** Byte offset from the start of the file. */
  readonly offset: number;
  readonly expected: string;
  readonly found: string;
};

/**
 * Bad input. Carries its parts as data; the message is the one line that a user sees:
 * `FILE: at 0xOFFSET: expected …, found …`.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly file: string;
  readonly offset: number;
  readonly expected: string;
  readonly found: string;

  constructor(problem: FormatProblem) {
    const { file, offset, expected, found } = problem;
    super(printable(`${file}: at 0x${offset.toString(16)}: expected ${expected}, found ${found}`));
    this.file = file;
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * Makes text that came from an untrusted file safe for one line on a terminal.
 *
 * @param text any text
 * @returns the text with control characters (C0, DEL, C1), line and paragraph separators and
 *   bidirectional overrides written as `\u{…}`
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
