/**
 * ECMA-48 control sequences (CSI), operating system commands (OSC) and other two-byte escapes, as
 * firmware and systemd send them. Every part is bounded by a character class that excludes what may
 * follow, so that hostile input costs linear time.
 */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are its subject
  /\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are its subject
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** The text that a terminal would show: without escape sequences and control characters. */
export function terminalText(line: string): string {
  return line.replace(ESCAPES, '').replace(CONTROLS, '');
}
